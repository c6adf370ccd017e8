import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sessions_app.triage.case import Case, Entry, Value
from sessions_app.triage.engine import ENGINE_VERSION, evaluate, knowledge, normalise, summary
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.red_flags import rank
from tests.sessions_app.triage.tiny import tiny_knowledge
from tests.sessions_app.triage.walks import random_case, walk

TINY = tiny_knowledge()
BASES: dict[str, Callable[[], Knowledge]] = {"tiny": lambda: TINY, "real": knowledge}
PATHS = {"tiny": 300, "real": 40}


@pytest.mark.parametrize("which", ["tiny", "real"])
def test_random_interviews_end_and_never_fall_below_a_fired_rule(which: str) -> None:
    base = BASES[which]()
    rng = random.Random(7)
    for _ in range(PATHS[which]):
        walk(random_case(base, rng), base, rng)


@pytest.mark.parametrize("which", ["tiny", "real"])
def test_raising_a_rule_never_lowers_the_level(which: str) -> None:
    base = BASES[which]()
    rng = random.Random(8)
    for _ in range(PATHS[which]):
        case = random_case(base, rng)
        flag = rng.choice(sorted(base.red_flags))
        raised = replace(case, entries=(*case.entries, Entry("answer", flags=(flag,))))
        before, after = evaluate(case, base), evaluate(raised, base)
        assert rank(after.level) >= max(rank(before.level), rank(base.red_flags[flag].level))


def test_order_of_answers_changes_nothing() -> None:
    said: dict[str, Value] = {"runny_nose": True, "fever": False, "symptom_duration": 48, "drooling": False}
    entries = [Entry("answer", {name: value}, question_id=f"q_{name}") for name, value in said.items()]
    outcomes = [
        evaluate(Case("sore_throat", 25, "female", order), TINY) for order in itertools.permutations(entries)
    ]
    first = outcomes[0]
    for outcome in outcomes:
        assert outcome.differentials == first.differentials
        assert (outcome.level, outcome.reason) == (first.level, first.reason)
        assert outcome.question == first.question


def test_irrelevant_sex_changes_nothing_but_its_own_conditions() -> None:
    entries = (Entry("answer", {"runny_nose": True, "symptom_duration": 48}),)
    man = evaluate(Case("sore_throat", 30, "male", entries), TINY)
    woman = evaluate(Case("sore_throat", 30, "female", entries), TINY)
    assert [item.condition for item in man.differentials[:2]] == [
        item.condition for item in woman.differentials[:2]
    ]
    assert man.level == woman.level


@pytest.mark.parametrize("which", ["tiny", "real"])
def test_not_knowing_a_must_ask_is_never_safer_than_no(which: str) -> None:
    base = BASES[which]()
    rng = random.Random(9)
    for _ in range(PATHS[which]):
        case = random_case(base, rng)
        group = rng.choice(base.complaints[case.complaint].must_ask)
        denied = dict.fromkeys(group.findings, False)
        open_ones = {**denied, rng.choice(group.findings): None}

        def level_with(findings: dict[str, Any], case: Case = case, name: str = group.id) -> int:
            entry = Entry("answer", findings, question_id=f"q_{name}")
            return rank(evaluate(replace(case, entries=(*case.entries, entry)), base).level)

        assert level_with(open_ones) >= level_with(denied)


def test_explanation_names_what_speaks_for_and_against() -> None:
    said: dict[str, Value] = {
        "runny_nose": True,
        "fever": False,
        "symptom_duration": 48.0,
        "chest_pain_radiation": (),
    }
    outcome = evaluate(Case("sore_throat", 25, "female", (Entry("answer", said),)), TINY)
    by_name = {item.condition: item for item in outcome.differentials}
    assert "runny nose" in by_name["cold"].supporting
    assert "no fever" in by_name["throat_infection"].against
    assert by_name["cold"].unknown[0] in ("pain severity", "symptom onset")
    assert outcome.differentials[0].icd10 == "R69"


def test_severe_cause_that_is_not_refuted_must_be_excluded() -> None:
    outcome = evaluate(Case("chest_pain", 60, "male"), TINY)
    assert [item.condition for item in outcome.must_exclude] == ["heart_attack"]


def test_summary_holds_structured_findings_only() -> None:
    said: dict[str, Value] = {
        "chest_pain_character": "pressure",
        "chest_pain_radiation": ("left_arm", "jaw"),
        "pain_severity": 8,
        "symptom_duration": 0.5,
        "fever": False,
        "cough": None,
    }
    case = Case("chest_pain", 60, "male", (Entry("answer", said),))
    text = summary(case, evaluate(case, TINY), TINY)
    assert text.startswith("60-year-old male, complaint: Chest pain.")
    assert "chest pain radiation: left arm, jaw" in text
    assert "pain severity: 8 of 10" in text
    assert "symptom duration: 0.5 hours" in text
    assert "Denied: fever." in text
    assert "cough" not in text
    assert "Differential: Heart Attack (R69)" in text


def test_summary_of_nothing_says_so_little() -> None:
    case = Case("unheard of")
    text = summary(case, evaluate(case, replace(TINY, complaints={})), replace(TINY, complaints={}))
    assert text.startswith("Patient, complaint: unheard of.")
    assert "Reported" not in text


def test_recommendations_fit_the_level() -> None:
    emergency = evaluate(Case("chest_pain", 60, "male", (Entry("answer", {"sweating": True}),)), TINY)
    assert "112" in emergency.recommendations[0]
    assert "155" in emergency.recommendations[0]
    assert "Advice for heart_attack." in emergency.recommendations
    said: dict[str, Value] = {
        "drooling": False,
        "stridor": False,
        "neck_stiffness": False,
        "runny_nose": True,
    }
    said.update(cough=True, fever=False)
    home = Entry("answer", {**said, "symptom_duration": 48, "pain_severity": 2})
    cold = evaluate(Case("sore_throat", 25, "female", (home,)), TINY)
    assert "home" in cold.recommendations[0]
    assert "Advice for cold." in cold.recommendations
    assert "See a doctor if" in cold.recommendations[-1]


def test_version_is_a_release() -> None:
    assert ENGINE_VERSION == "0.1.0"


def test_real_knowledge_finds_the_heart_attack_by_the_second_answer() -> None:
    base = knowledge()
    told, _ = normalise(
        None,
        {
            "chest_pain_character": "pressure",
            "symptom_duration": "30 minutes",
            "chest_pain_radiation": ["left_arm"],
        },
        base,
    )
    case = Case("chest_pain", 58, "male", (Entry("intake", told),))
    outcome = evaluate(case, base)
    for _ in range(2):
        if outcome.question is None:
            break
        said = {name: name == "sweating" for name in outcome.question.targets}
        entry = Entry("answer", said, question_id=outcome.question.question_id)
        case = replace(case, entries=(*case.entries, entry))
        outcome = evaluate(case, base)
    assert outcome.level == "emergency"
    assert outcome.differentials[0].condition == "acute_coronary_syndrome"


def test_real_knowledge_lets_a_cold_stay_at_home() -> None:
    base = knowledge()
    told = {"runny_nose": True, "sore_throat": True, "fever": False, "symptom_duration": 48.0}
    case = Case("sore_throat", 25, "female", (Entry("intake", told),))
    outcome = evaluate(case, base)
    while outcome.question is not None:
        said = {
            name: False if base.findings[name].type == "binary" else None for name in outcome.question.targets
        }
        entry = Entry("answer", said, question_id=outcome.question.question_id)
        case = replace(case, entries=(*case.entries, entry))
        outcome = evaluate(case, base)
    assert outcome.level == "self_care"
    assert "common_cold" in [item.condition for item in outcome.differentials[:3]]
