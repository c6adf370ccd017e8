from dataclasses import replace
from typing import Any

import pytest

from sessions_app.triage.case import Case, Entry, Outcome, Question
from sessions_app.triage.engine import evaluate, find_question, questions_of
from sessions_app.triage.knowledge.schema import Upgrade
from sessions_app.triage.questions import HARD_CAP
from tests.sessions_app.triage.tiny import tiny_knowledge

KNOWLEDGE = tiny_knowledge()
START = Case("sore_throat", 25, "female")


def after(case: Case, **said: Any) -> Case:
    """The case with its current question answered."""
    question = current(case)
    return replace(case, entries=(*case.entries, Entry("answer", said, question_id=question.question_id)))


def current(case: Case) -> Question:
    question = evaluate(case, KNOWLEDGE).question
    assert question is not None
    return question


def reply(case: Case, **entry: Any) -> Case:
    return replace(case, entries=(*case.entries, Entry("answer", **entry)))


NO_DANGER = {"drooling": False, "stridor": False, "neck_stiffness": False}


def test_danger_signs_come_first_in_one_question() -> None:
    question = current(START)
    assert question.question_id == "q_throat_danger"
    assert question.is_red_flag
    assert question.targets == ("drooling", "stridor", "neck_stiffness")
    assert [choice.value for choice in question.choices][-2:] == ["none", "unknown"]
    assert question.why == "Checks the rule: Rule airway_closing."


def test_known_danger_signs_are_not_asked_again() -> None:
    case = replace(START, entries=(Entry("intake", {"drooling": False}),))
    assert current(case).targets == ("stridor", "neck_stiffness")
    case = replace(START, entries=(Entry("intake", {"drooling": False, "neck_stiffness": False}),))
    assert current(case).question_id == "q_stridor"
    assert current(case).is_red_flag


def test_danger_sign_left_out_of_a_free_reply_is_asked_alone() -> None:
    question = current(after(START, neck_stiffness=False))
    assert question.question_id == "q_drooling"


def test_age_and_sex_are_asked_when_unknown() -> None:
    case = after(Case("sore_throat"), **NO_DANGER)
    assert current(case).question_id == "q_age"
    case = after(case, age=30)
    assert current(case).question_id == "q_sex"
    case = after(case, sex=None)
    assert current(case).question_id == "q_symptom_duration"


def test_course_follows_the_danger_signs() -> None:
    assert current(after(START, **NO_DANGER)).question_id == "q_symptom_duration"


def test_related_signs_are_asked_together() -> None:
    case = after(START, **NO_DANGER)
    for _ in range(4):
        if current(case).question_id == "q_cold_signs":
            break
        case = after(case, **dict.fromkeys(current(case).targets))
    question = current(case)
    assert question.question_id == "q_cold_signs"
    assert question.why.startswith("Separates ")


def test_child_is_asked_only_with_its_parent() -> None:
    chest = replace(START, complaint="chest_pain")
    assert "q_chest_pain_character" in asked_to_the_end(chest)
    denied = replace(chest, entries=(Entry("intake", {"chest_pain": False}),))
    assert not {"q_chest_pain_character", "q_chest_pain_radiation"} & set(asked_to_the_end(denied))


def asked_to_the_end(case: Case) -> list[str]:
    asked = []
    while (question := evaluate(case, KNOWLEDGE).question) is not None:
        asked.append(question.question_id)
        case = reply(case, findings=dict.fromkeys(question.targets), question_id=question.question_id)
    return asked


def test_interview_ends_within_the_cap_without_asking_twice() -> None:
    asked = asked_to_the_end(Case("general"))
    assert len(asked) == len(set(asked)) <= HARD_CAP


def test_no_question_when_everything_is_known() -> None:
    told = Entry("intake", dict.fromkeys(KNOWLEDGE.findings))
    assert evaluate(replace(START, entries=(told,)), KNOWLEDGE).question is None


def test_no_question_after_the_hard_cap() -> None:
    entries = tuple(Entry("answer", question_id=f"q_past_{place}") for place in range(HARD_CAP))
    outcome = evaluate(replace(START, entries=entries), KNOWLEDGE)
    assert outcome.question is None
    assert outcome.questions_asked == HARD_CAP


def test_emergency_rule_ends_the_interview() -> None:
    outcome = evaluate(after(START, stridor=True), KNOWLEDGE)
    assert outcome.is_complete
    assert outcome.questions_remaining == 0


def test_unclear_reply_brings_the_question_back_once() -> None:
    case = reply(START, question_id="q_throat_danger", is_unclear=True)
    question = current(case)
    assert (question.question_id, question.is_reask) == ("q_throat_danger", True)
    assert evaluate(case, KNOWLEDGE).questions_asked == 0
    case = reply(case, question_id="q_throat_danger", is_unclear=True)
    outcome = evaluate(case, KNOWLEDGE)
    assert outcome.question is not None
    assert outcome.question.question_id != "q_throat_danger"
    assert outcome.questions_asked == 1


def test_unclear_reply_to_an_unknown_question_is_passed_over() -> None:
    case = reply(START, question_id="q_no_such_thing", is_unclear=True)
    assert current(case).question_id == "q_throat_danger"


def test_skipped_question_counts_and_stays_away() -> None:
    case = reply(START, question_id="q_throat_danger", skipped=True)
    outcome = evaluate(case, KNOWLEDGE)
    assert outcome.questions_asked == 1
    assert "q_throat_danger" not in asked_to_the_end(case)


@pytest.mark.parametrize(
    ("question_id", "targets"),
    [
        ("q_throat_danger", ("drooling", "stridor", "neck_stiffness")),
        ("q_cold_signs", ("runny_nose", "cough", "fever")),
        ("q_symptom_onset", ("symptom_onset",)),
        ("q_drooling", ("drooling",)),
        ("q_age", ("age",)),
        ("q_sex", ("sex",)),
    ],
)
def test_question_of_the_branch_is_found_by_id(question_id: str, targets: tuple[str, ...]) -> None:
    question = find_question(START, question_id, KNOWLEDGE)
    assert question is not None
    assert question.targets == targets


@pytest.mark.parametrize(
    "question_id", ["q_chest_danger", "q_vaginal_bleeding", "cough", "q_", "", "q_nothing"]
)
def test_question_of_another_branch_is_not_found(question_id: str) -> None:
    assert find_question(START, question_id, KNOWLEDGE) is None


def test_answered_question_is_found_as_it_was_asked() -> None:
    case = after(START, **NO_DANGER)
    question = find_question(case, "q_throat_danger", KNOWLEDGE)
    assert question is not None
    assert question.targets == ("drooling", "stridor", "neck_stiffness")
    odd = reply(START, findings={"vaginal_bleeding": False}, question_id="q_vaginal_bleeding")
    assert find_question(odd, "q_vaginal_bleeding", KNOWLEDGE) is not None


def test_unknown_question_is_found_nowhere() -> None:
    empty = replace(KNOWLEDGE, complaints={})
    odd = reply(Case("unheard of"), question_id="q_nothing", skipped=True)
    assert find_question(odd, "q_nothing", empty) is None
    assert "q_nothing" not in [question.question_id for question, _ in questions_of(odd, KNOWLEDGE)]


def test_list_of_questions_shows_answers_and_what_comes() -> None:
    case = after(START, **NO_DANGER)
    listed = questions_of(case, KNOWLEDGE)
    answered = [question.question_id for question, entry in listed if entry is not None]
    coming = [question.question_id for question, entry in listed if entry is None]
    assert answered == ["q_throat_danger"]
    assert coming[0] == "q_symptom_duration"
    assert len(coming) > 1


def test_list_of_a_finished_interview_holds_answers_alone() -> None:
    listed = questions_of(after(START, stridor=True), KNOWLEDGE)
    assert [entry is not None for _, entry in listed] == [True]


def test_remaining_questions_fall_to_nothing() -> None:
    case, outcome = START, evaluate(START, KNOWLEDGE)
    first = outcome.questions_remaining
    while outcome.question is not None:
        assert outcome.questions_remaining >= 1
        case = after(case, **dict.fromkeys(outcome.question.targets, False))
        outcome = evaluate(case, KNOWLEDGE)
    assert first > 1
    assert outcome.questions_remaining == 0


def test_second_branch_asks_its_danger_signs() -> None:
    case = replace(START, entries=(Entry("intake", {"chest_pain": True}),))
    asked = []
    outcome: Outcome = evaluate(case, KNOWLEDGE)
    while outcome.question is not None:
        asked.append(outcome.question)
        case = after(case, **dict.fromkeys(outcome.question.targets, False))
        outcome = evaluate(case, KNOWLEDGE)
    assert [question.branch for question in asked[:2]] == ["sore_throat", "chest_pain"]


def test_what_would_make_the_likely_cause_urgent_is_asked() -> None:
    base = replace(
        KNOWLEDGE,
        conditions={
            **KNOWLEDGE.conditions,
            "cold": KNOWLEDGE.conditions["cold"].model_copy(
                update={"upgrades": (Upgrade(when="dyspnoea", level="urgent"),)}
            ),
        },
    )
    said: dict[str, Any] = {
        **NO_DANGER,
        "runny_nose": True,
        "cough": True,
        "fever": False,
        "symptom_onset": "gradual",
    }
    told = Entry("intake", {**said, "symptom_duration": 48, "pain_severity": 2})
    case = replace(START, entries=(told,))
    question = evaluate(case, base).question
    assert question is not None
    assert question.targets == ("dyspnoea",)
    assert question.why == "Tells whether Cold would need more urgent care."
    assert evaluate(case, KNOWLEDGE).question is None


def test_rule_one_answer_away_is_checked() -> None:
    case = replace(START, entries=(Entry("intake", {"neck_stiffness": True, "drooling": False}),))
    asked = []
    while (question := evaluate(case, KNOWLEDGE).question) is not None:
        asked.append(question)
        case = reply(case, findings=dict.fromkeys(question.targets), question_id=question.question_id)
    checks = {question.question_id: question.why for question in asked}
    assert "fever" in [target for question in asked for target in question.targets]
    assert "Checks the rule: Rule stiff_neck." in checks.values()
