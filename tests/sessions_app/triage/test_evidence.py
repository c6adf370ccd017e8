from typing import Any

import pytest

from sessions_app.triage.case import Case, Entry
from sessions_app.triage.evidence import Evidence, gather
from tests.sessions_app.triage.tiny import tiny_knowledge

KNOWLEDGE = tiny_knowledge()


def gathered(*entries: Entry, **case: Any) -> Evidence:
    return gather(Case(**{"complaint": "sore_throat", "entries": entries, **case}), KNOWLEDGE)


def answer(question: str = "", **findings: Any) -> Entry:
    return Entry("answer", findings, question_id=question)


def test_later_entry_overrules_an_earlier_one() -> None:
    assert gathered(answer(fever=True), answer(fever=False)).values["fever"] is False


def test_edited_answer_leaves_nothing_of_the_first() -> None:
    evidence = gathered(answer("q_cold_signs", fever=True, cough=True), answer("q_cold_signs", cough=False))
    assert "fever" not in evidence.values
    assert evidence.values["cough"] is False
    assert list(evidence.settled) == ["q_cold_signs"]


def test_unknown_finding_is_passed_over() -> None:
    assert "purple" not in gathered(answer(purple=True)).values


def test_complaint_implies_its_finding_unless_denied() -> None:
    assert gathered().values["sore_throat"] is True
    assert gathered().presumed == {"sore_throat"}
    assert gathered(answer(sore_throat=False)).values["sore_throat"] is False


def test_child_finding_brings_its_parent() -> None:
    evidence = gathered(answer(chest_pain_character="sharp"))
    assert evidence.values["chest_pain"] is True


def test_denied_parent_denies_the_child_for_rules_only() -> None:
    evidence = gathered(answer(chest_pain=False))
    assert "chest_pain_character" not in evidence.facts
    assert "chest_pain_character" not in evidence.values


def test_impossible_finding_is_false_for_rules() -> None:
    assert gathered(sex="male").facts["pregnant"] is False
    assert gathered(sex="female", age=70).facts["pregnant"] is False
    assert gathered(sex="female", age=5).facts["pregnant"] is False
    assert "pregnant" not in gathered(sex="female", age=30).facts
    assert "pregnant" not in gathered().facts


def test_measured_temperature_overrules_denied_fever() -> None:
    assert gathered(answer(fever=False), answer(temperature_c=39.2)).values["fever"] is True
    assert gathered(answer(fever=False), answer(temperature_c=36.6)).values["fever"] is False


def test_skipped_question_leaves_its_findings_unknown() -> None:
    evidence = gathered(Entry("answer", question_id="q_throat_danger", skipped=True))
    assert evidence.values["drooling"] is None
    assert evidence.values["stridor"] is None


def test_unclear_reply_waits_for_a_second_one() -> None:
    unclear = Entry("answer", question_id="q_symptom_onset", is_unclear=True)
    assert gathered(unclear).unclear == "q_symptom_onset"
    assert not gathered(unclear).settled
    twice = gathered(unclear, unclear)
    assert twice.unclear == ""
    assert twice.values["symptom_onset"] is None
    assert list(twice.settled) == ["q_symptom_onset"]
    understood = gathered(unclear, answer("q_symptom_onset", symptom_onset="sudden"))
    assert understood.values["symptom_onset"] == "sudden"
    assert understood.unclear == ""


def test_flags_raise_rules_and_set_findings() -> None:
    evidence = gathered(
        Entry("answer", {"cough": False}, flags=("stiff_neck", "stridor", "cough", "nonsense"))
    )
    assert evidence.raised == {"stiff_neck"}
    assert evidence.values["stridor"] is True
    assert evidence.values["cough"] is False


@pytest.mark.parametrize(("said", "age"), [(41, 41), (41.0, 41), ("old", None), (True, None)])
def test_age_may_be_an_answer(said: Any, age: int | None) -> None:
    evidence = gathered(answer("q_age", age=said))
    assert evidence.age == age
    assert "age" not in evidence.values


def test_case_age_and_sex_win_over_answers() -> None:
    evidence = gathered(answer(age=41, sex="male"), age=30, sex="female")
    assert (evidence.age, evidence.sex) == (30, "female")
    assert gathered(answer(sex="male")).sex == "male"


def test_volunteered_second_complaint_opens_its_branch() -> None:
    intake = Entry("intake", {"chest_pain": True})
    assert gathered(intake).branches == ("sore_throat", "chest_pain")
    assert gathered(answer(chest_pain=True)).branches == ("sore_throat",)
    assert gathered(Entry("intake", {"chest_pain": False})).branches == ("sore_throat",)


def test_unknown_complaint_becomes_general() -> None:
    assert gathered(complaint="broken heart").branches == ("general",)
