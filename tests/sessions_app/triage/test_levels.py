from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sessions_app.triage.belief import believe
from sessions_app.triage.case import Case, Entry, Outcome
from sessions_app.triage.engine import evaluate
from sessions_app.triage.evidence import gather
from sessions_app.triage.expressions import compile_expression
from sessions_app.triage.levels import cheapest_level
from sessions_app.triage.red_flags import Rule, rank
from sessions_app.triage.rule_chance import chance_to_fire
from tests.sessions_app.triage.tiny import tiny_knowledge

KNOWLEDGE = tiny_knowledge()
NO_THROAT_DANGER: dict[str, Any] = {"drooling": False, "stridor": False, "neck_stiffness": False}
COLD: dict[str, Any] = {
    "runny_nose": True,
    "cough": True,
    "fever": False,
    "symptom_duration": 48,
    "pain_severity": 2,
}


def outcome_of(complaint: str = "sore_throat", age: int | None = 25, **said: Any) -> Outcome:
    return evaluate(Case(complaint, age, "female", (Entry("answer", said),)), KNOWLEDGE)


@pytest.mark.parametrize(
    ("shares", "level"),
    [
        ([1.0, 0.0, 0.0, 0.0], "self_care"),
        ([0.9, 0.1, 0.0, 0.0], "self_care"),
        ([0.6, 0.4, 0.0, 0.0], "routine"),
        ([0.2, 0.6, 0.2, 0.0], "routine"),
        ([0.1, 0.5, 0.4, 0.0], "urgent"),
        ([0.0, 0.9, 0.0, 0.1], "urgent"),
        ([0.0, 0.5, 0.0, 0.5], "emergency"),
        ([0.5, 0.3, 0.0, 0.2], "urgent"),
        # Equal costs: the more urgent level.
        ([0.75, 0.25, 0.0, 0.0], "routine"),
    ],
)
def test_cheapest_level_weighs_missing_an_emergency_most(shares: list[float], level: str) -> None:
    assert cheapest_level(np.array(shares)) == level


def test_home_care_on_positive_grounds() -> None:
    outcome = outcome_of(**NO_THROAT_DANGER, **COLD)
    assert outcome.level == "self_care"
    assert outcome.reason.startswith("Causes that can be managed at home")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"neck_stiffness": None}, "danger sign"),
        ({"symptom_duration": None}, "too long"),
        ({"symptom_duration": 500}, ""),
        ({"pain_severity": 9}, ""),
        ({"complaint": "general"}, "covered in depth"),
    ],
)
def test_no_home_care_without_every_ground(change: dict[str, Any], reason: str) -> None:
    outcome = outcome_of(**{**NO_THROAT_DANGER, **COLD, **change})
    assert rank(outcome.level) >= 1
    assert reason in outcome.reason


@pytest.mark.parametrize("complaint", ["sore_throat", "chest_pain", "general", "unheard of"])
def test_nothing_known_is_never_home_care(complaint: str) -> None:
    assert evaluate(Case(complaint), KNOWLEDGE).level != "self_care"


def test_red_flag_decides_and_is_named() -> None:
    outcome = outcome_of(drooling=True)
    assert outcome.level == "emergency"
    assert outcome.reason == "Red flag: airway_closing."
    assert [flag.flag for flag in outcome.red_flags] == ["airway_closing"]
    assert outcome.red_flags[0].source == "estimate"


def test_lower_rule_does_not_hide_the_higher_reason() -> None:
    outcome = outcome_of("chest_pain", 28, sweating=True, collapse=True, chest_pain_character="pressure")
    assert [flag.flag for flag in outcome.red_flags] == ["collapsed"]
    assert "collapsed" in outcome.reason


def test_upgrade_raises_a_condition() -> None:
    said: dict[str, Any] = {
        **NO_THROAT_DANGER,
        "fever": True,
        "runny_nose": False,
        "cough": False,
        "symptom_duration": 60,
    }
    mild = outcome_of(**said, temperature_c=38.2)
    assert mild.differentials[0].condition == "throat_infection"
    assert rank(outcome_of(**said, temperature_c=40.5).level) > rank(mild.level)


def test_circumstance_raises_one_level() -> None:
    said: dict[str, Any] = {**NO_THROAT_DANGER, **COLD, "fever": True}
    child, infant = outcome_of(age=3, **said), outcome_of(age=0, **said)
    assert rank(infant.level) > rank(child.level)
    assert "first year" in infant.reason


@pytest.mark.parametrize("finding", ["drooling", "stridor", "neck_stiffness"])
def test_not_knowing_a_danger_sign_is_never_safer_than_no(finding: str) -> None:
    known = outcome_of(**NO_THROAT_DANGER, **COLD)
    unknown = outcome_of(**{**NO_THROAT_DANGER, **COLD, finding: None})
    assert rank(unknown.level) >= rank(known.level)


def test_rule_that_a_denied_danger_would_fire_holds_while_it_is_not_known() -> None:
    flag = KNOWLEDGE.red_flags["collapsed"].model_copy(update={"when": "runny_nose and not stridor"})
    base = replace(KNOWLEDGE, red_flags={"collapsed": flag})
    said = {**NO_THROAT_DANGER, **COLD}
    entries = [Entry("answer", {**said, "stridor": value}) for value in (False, None)]
    denied, unknown = (evaluate(Case("sore_throat", 25, "female", (entry,)), base) for entry in entries)
    assert denied.red_flags
    assert not unknown.red_flags
    assert denied.level == unknown.level == flag.level


STRAIN: dict[str, Any] = {
    "collapse": False,
    "dyspnoea": False,
    "chest_pain_character": "sharp",
    "chest_wall_tenderness": True,
    "symptom_duration": 72,
    "pain_severity": 2,
}


def test_open_danger_question_keeps_the_level_urgent() -> None:
    outcome = outcome_of("chest_pain", 35, sweating=None, **STRAIN)
    assert outcome.level == "urgent"
    assert outcome.reason == "Not known: sweating; the rule chest_pain_sweating could still apply."
    # Below thirty the rule cannot fire at all.
    assert outcome_of("chest_pain", 25, sweating=None, **STRAIN).level == "routine"


def test_improbable_danger_holds_nobody_back() -> None:
    assert outcome_of(**{**NO_THROAT_DANGER, "drooling": None}, **COLD).level == "routine"


def test_harmless_but_unsure_is_no_ground_for_home_care() -> None:
    said = {**NO_THROAT_DANGER, "symptom_duration": 48, "pain_severity": 2, "runny_nose": True}
    outcome = outcome_of(**said, fever=True, cough=None)
    assert outcome.level == "routine"
    assert "harmless causes only" in outcome.reason


def chance(when: str, **facts: Any) -> float:
    case = Case("sore_throat", None, None, (Entry("answer", facts),))
    evidence = gather(case, KNOWLEDGE)
    flag = KNOWLEDGE.red_flags["collapsed"].model_copy(update={"when": when})
    rule = Rule(flag=flag, test=compile_expression(when, KNOWLEDGE.findings))
    return chance_to_fire(rule, evidence.facts, believe(evidence, KNOWLEDGE), KNOWLEDGE)


@pytest.mark.parametrize(
    ("when", "facts", "low", "high"),
    [
        ("collapse", {"collapse": True}, 1, 1),
        ("collapse", {"collapse": False}, 0, 0),
        ("collapse", {}, 0.005, 0.03),
        ("collapse and stridor", {}, 0, 0.002),
        ("fever", {}, 0.1, 0.6),
        ("fever and age >= 65", {"fever": True}, 0.21, 0.23),
        ('sex == "male"', {}, 0.5, 0.5),
        ('symptom_onset == "sudden"', {}, 0.05, 0.4),
        ("symptom_duration >= 168", {}, 0.02, 0.4),
        ("symptom_duration < 24", {}, 0.02, 0.5),
        ('"jaw" in chest_pain_radiation', {}, 0.01, 0.1),
    ],
)
def test_chance_of_a_rule_follows_the_belief(
    when: str, facts: dict[str, Any], low: float, high: float
) -> None:
    assert low <= chance(when, **facts) <= high + 1e-9
