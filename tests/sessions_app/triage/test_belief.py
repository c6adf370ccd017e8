from typing import Any

import numpy as np
import pytest

from sessions_app.triage.belief import (
    GROUP_TEMPER,
    Belief,
    believe,
    outcome_of,
    rows_of,
    tables_of,
    value_inside,
)
from sessions_app.triage.case import Case, Entry, Value
from sessions_app.triage.evidence import gather
from tests.sessions_app.triage.tiny import tiny_knowledge

KNOWLEDGE = tiny_knowledge()


def belief_after(case: dict[str, Any], confidences: dict[str, float] | None = None, **said: Value) -> Belief:
    entry = Entry("answer", said, confidences=confidences or {})
    evidence = gather(Case(**{"complaint": "sore_throat", "entries": (entry,), **case}), KNOWLEDGE)
    return believe(evidence, KNOWLEDGE)


def test_posterior_is_a_distribution() -> None:
    posterior = belief_after({}, fever=True, cough=None).posterior
    assert posterior.sum() == pytest.approx(1)
    assert (posterior > 0).all()


def test_rows_are_distributions_per_node() -> None:
    tables = tables_of(KNOWLEDGE)
    for node in tables.nodes:
        block = tables.chances[node.first_row : node.first_row + len(node.outcomes)]
        np.testing.assert_allclose(block.sum(axis=0), 1, atol=0.06)
        assert (block >= 0.009).all()


def test_typical_finding_raises_its_condition() -> None:
    assert belief_after({}, runny_nose=True).of("cold") > belief_after({}).of("cold")
    assert belief_after({}, runny_nose=False).of("cold") < belief_after({}).of("cold")


def test_unknown_adds_nothing() -> None:
    np.testing.assert_allclose(belief_after({}, fever=None).posterior, belief_after({}).posterior)


def test_low_confidence_counts_less() -> None:
    none = belief_after({}).of("throat_infection")
    low = belief_after({}, {"fever": 0.3}, fever=True).of("throat_infection")
    full = belief_after({}, fever=True).of("throat_infection")
    assert none < low < full


def test_correlated_findings_are_tempered() -> None:
    alone = belief_after({}, fever=True)
    both = belief_after({}, fever=True, cough=True)
    assert [weight for name, weight, _ in alone.used if name == "fever"] == [1.0]
    assert [weight for name, weight, _ in both.used if name == "fever"] == [GROUP_TEMPER]


def test_wrong_sex_rules_a_condition_out() -> None:
    woman = belief_after({"complaint": "general", "sex": "female", "age": 30}, vaginal_bleeding=True)
    man = belief_after({"complaint": "general", "sex": "male", "age": 30})
    assert woman.of("miscarriage") > 0.3
    assert man.of("miscarriage") < 1e-6


def test_age_outside_limits_is_unlikely_but_not_impossible() -> None:
    old = belief_after({"complaint": "general", "sex": "female", "age": 80})
    young = belief_after({"complaint": "general", "sex": "female", "age": 30})
    assert 0 < old.of("miscarriage") < young.of("miscarriage") / 10


def test_age_shifts_the_prior() -> None:
    young = belief_after({"complaint": "chest_pain", "age": 20}).of("heart_attack")
    assert belief_after({"complaint": "chest_pain", "age": 70}).of("heart_attack") > 2 * young


def test_risk_multiplies_the_odds() -> None:
    case = {"complaint": "chest_pain", "age": 60, "sex": "male"}
    smoker, other = (belief_after(case, smoker=value) for value in (True, False))

    def odds(belief: Belief) -> float:
        return belief.of("heart_attack") / belief.of("chest_wall_strain")

    assert odds(smoker) / odds(other) == pytest.approx(2.5, rel=0.01)


def test_conditions_outside_the_complaint_stay_possible() -> None:
    assert 0 < belief_after({}).of("heart_attack") < 0.01


def test_naming_the_complaint_is_no_evidence_against_other() -> None:
    assert belief_after({}).posterior[-1] > 0.05


@pytest.mark.parametrize(("bin_id", "value"), [("hours", 12), ("days", 96), ("weeks", 201.6)])
def test_value_inside_a_bin_falls_into_it(bin_id: str, value: float) -> None:
    duration = KNOWLEDGE.findings["symptom_duration"]
    assert value_inside(duration, bin_id) == pytest.approx(value)
    assert outcome_of(duration, value) == bin_id


@pytest.mark.parametrize(
    ("finding", "value", "outcomes"),
    [
        ("fever", True, ["yes"]),
        ("symptom_onset", "sudden", ["sudden"]),
        ("symptom_onset", "no such value", []),
        ("symptom_duration", 0, ["hours"]),
        ("symptom_duration", 24, ["days"]),
        ("symptom_duration", 9999.0, ["weeks"]),
        ("chest_pain_radiation", ("jaw",), ["no", "yes", "no"]),
        ("fever", None, []),
    ],
)
def test_value_selects_its_rows(finding: str, value: Value, outcomes: list[str]) -> None:
    tables = tables_of(KNOWLEDGE)
    names = {
        node.first_row + place: outcome
        for node in tables.nodes
        for place, outcome in enumerate(node.outcomes)
    }
    assert [names[row] for row in rows_of(tables, KNOWLEDGE.findings[finding], value)] == outcomes
