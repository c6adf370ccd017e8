"""How an outside case answers the questions."""

from __future__ import annotations

from itertools import count

import pytest

from sessions_app.triage.asking import ask_age, ask_finding, ask_group
from sessions_app.triage.case import Case, Entry, Value
from sessions_app.triage.engine import knowledge
from sessions_app.triage.evaluation.cases import Vignette
from sessions_app.triage.evaluation.running import Run, consult, reply
from tests.sessions_app.triage.tiny import tiny_knowledge

KNOWLEDGE = tiny_knowledge()


@pytest.mark.parametrize(
    ("finding_id", "value"),
    [
        ("cough", False),
        ("smoker", False),
        ("migraine_known", False),
        ("temperature_c", None),
        ("heart_rate", None),
        ("tonsil_exudate", None),
        ("symptom_duration", None),
        ("pain_severity", None),
        ("symptom_onset", None),
        ("rash_site", None),
    ],
)
def test_unmentioned_symptom_is_denied_and_measurement_unknown(finding_id: str, value: Value) -> None:
    base = knowledge()
    question = ask_finding(base.findings[finding_id], branch="general")
    assert reply(question, {}, base) == {finding_id: value}
    assert reply(question, {finding_id: True}, base) == {finding_id: True}


def test_unmentioned_age_is_unknown() -> None:
    assert reply(ask_age("general"), {}, KNOWLEDGE) == {"age": None}


def test_what_is_not_ticked_in_a_list_is_denied() -> None:
    base = knowledge()
    group = base.complaints["injury"].must_ask[0]
    assert "limb_deformity" in group.findings
    question = ask_group(group, [base.findings[name] for name in group.findings], branch="injury")
    answers = reply(question, {"head_injury": True}, base)
    assert answers == {name: name == "head_injury" for name in group.findings}


def run(told: dict[str, Value]) -> Run:
    def begin(vignette: Vignette) -> Case:
        return Case("sore_throat", 30, "male", (Entry("intake", {"fever": True}),))

    ticks = count()
    return consult(
        Vignette(id="one", text="sore throat with fever"),
        knowledge=KNOWLEDGE,
        begin=begin,
        clock=lambda: float(next(ticks)),
        told=told,
    )


def test_case_is_asked_to_its_end() -> None:
    quiet = run({})
    assert quiet.outcome.question is None
    assert quiet.outcome.values["fever"] is True
    assert quiet.outcome.values["drooling"] is False
    assert quiet.outcome.level != "emergency"
    # One time for the opening and one for each reply, each from tick to tick.
    assert quiet.seconds == (1.0,) * (quiet.outcome.questions_asked + 1)


def test_told_answers_are_given_when_they_are_asked_for() -> None:
    danger = run({"drooling": True, "smoker": True})
    assert danger.outcome.level == "emergency"
    assert [flag.flag for flag in danger.outcome.red_flags] == ["airway_closing"]
    # Nobody asked for it.
    assert "smoker" not in danger.outcome.values
