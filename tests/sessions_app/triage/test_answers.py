from typing import Any

import pytest

from sessions_app.triage.asking import ask_finding, ask_group
from sessions_app.triage.case import Question, Value
from sessions_app.triage.engine import accept_flags, normalise
from tests.sessions_app.triage.tiny import tiny_knowledge

KNOWLEDGE = tiny_knowledge()
DANGERS = KNOWLEDGE.complaints["chest_pain"].must_ask[0]
GROUP = ask_group(DANGERS, [KNOWLEDGE.findings[name] for name in DANGERS.findings], branch="chest_pain")


@pytest.mark.parametrize(
    ("finding", "raw", "value"),
    [
        ("fever", True, True),
        ("fever", "yes", True),
        ("fever", "Ano", True),
        ("fever", ["yes"], True),
        ("fever", 1, True),
        ("fever", "ne", False),
        ("fever", "no", False),
        ("fever", 0, False),
        ("fever", None, None),
        ("fever", "nevim", None),
        ("fever", " Unknown ", None),
        ("symptom_onset", "Sudden", "sudden"),
        ("symptom_onset", ["gradual"], "gradual"),
        ("symptom_onset", "unknown", None),
        ("chest_pain_radiation", ["jaw", "left_arm"], ("left_arm", "jaw")),
        ("chest_pain_radiation", "jaw", ("jaw",)),
        ("chest_pain_radiation", "jaw, back", ("jaw", "back")),
        ("chest_pain_radiation", ["none"], ()),
        ("chest_pain_radiation", ["unknown"], None),
        ("chest_pain_radiation", [], ()),
        ("temperature_c", "38,5", 38.5),
        ("temperature_c", 38, 38.0),
        ("temperature_c", "39 C", 39.0),
        ("temperature_c", 102.2, pytest.approx(39.0)),
        ("pain_severity", "7", 7.0),
        ("symptom_duration", 36, 36.0),
        ("symptom_duration", "3 days", 72.0),
        ("symptom_duration", "30 minut", 0.5),
        ("symptom_duration", "2 týdny", 336.0),
        ("symptom_duration", {"value": 3, "unit": "days"}, 72.0),
        ("symptom_duration", {"value": "2"}, 2.0),
        ("q_fever", True, True),
        ("age", "41", 41),
        ("sex", "Female", "female"),
        ("sex", None, None),
        ("q_age", 7, 7),
    ],
)
def test_client_input_becomes_a_value(finding: str, raw: object, value: Value) -> None:
    values, warnings = normalise(None, {finding: raw}, KNOWLEDGE)
    assert values == {finding.removeprefix("q_"): value}
    assert warnings == ()


@pytest.mark.parametrize(
    ("finding", "raw"),
    [
        ("fever", "purple"),
        ("fever", {"a": 1}),
        ("fever", 2.5),
        ("symptom_onset", "purple"),
        ("symptom_onset", 3),
        ("symptom_onset", ["sudden", "gradual"]),
        ("chest_pain_radiation", ["foot"]),
        ("chest_pain_radiation", [3]),
        ("temperature_c", "purple"),
        ("temperature_c", 12),
        ("temperature_c", 400),
        ("temperature_c", True),
        ("temperature_c", float("nan")),
        ("temperature_c", []),
        ("pain_severity", 11),
        ("pain_severity", -1),
        ("symptom_duration", "3 purple"),
        ("symptom_duration", {"unit": "days"}),
        ("symptom_duration", float("inf")),
        ("age", 130),
        ("age", "purple"),
        ("sex", "purple"),
        ("purple", True),
    ],
)
def test_impossible_value_is_dropped_and_not_quoted(finding: str, raw: object) -> None:
    values, warnings = normalise(None, {finding: raw}, KNOWLEDGE)
    assert values == {}
    assert len(warnings) == 1
    assert finding in warnings[0]
    assert finding == "purple" or "purple" not in warnings[0]


@pytest.mark.parametrize(
    ("field", "raw", "expected"),
    [
        ("q_chest_danger", ["sweating"], {"sweating": True, "collapse": False, "dyspnoea": False}),
        ("chest_danger", "sweating", {"sweating": True, "collapse": False, "dyspnoea": False}),
        ("q_chest_danger", ["none"], dict.fromkeys(DANGERS.findings, False)),
        ("q_chest_danger", ["unknown"], dict.fromkeys(DANGERS.findings)),
        ("q_chest_danger", [], dict.fromkeys(DANGERS.findings)),
        ("q_chest_danger", {"sweating": "no"}, {"sweating": False}),
        ("sweating", True, {"sweating": True}),
    ],
)
def test_choosing_in_a_group_answers_all_of_it(field: str, raw: Any, expected: dict[str, Value]) -> None:
    assert normalise(GROUP, {field: raw}, KNOWLEDGE) == (expected, ())


def test_single_field_wins_over_the_group() -> None:
    values, _ = normalise(GROUP, {"q_chest_danger": ["none"], "sweating": True}, KNOWLEDGE)
    assert values["sweating"] is True


def test_choice_outside_the_group_is_dropped() -> None:
    values, warnings = normalise(GROUP, {"q_chest_danger": ["foot"]}, KNOWLEDGE)
    assert values == {}
    assert warnings == ("impossible value ignored: q_chest_danger",)


def single(finding_id: str) -> Question:
    return ask_finding(KNOWLEDGE.findings[finding_id], branch="chest_pain")


def test_multi_finding_is_not_taken_for_a_group() -> None:
    question = single("chest_pain_radiation")
    values, _ = normalise(question, {"q_chest_pain_radiation": ["jaw"]}, KNOWLEDGE)
    assert values == {"chest_pain_radiation": ("jaw",)}


@pytest.mark.parametrize(
    ("finding", "answer_type", "choices", "limits"),
    [
        ("fever", "yes_no", ("yes", "no", "unknown"), (None, None)),
        ("symptom_onset", "choice", ("sudden", "gradual", "unknown"), (None, None)),
        (
            "chest_pain_radiation",
            "multi_choice",
            ("left_arm", "jaw", "back", "none", "unknown"),
            (None, None),
        ),
        ("temperature_c", "number", (), (30, 44)),
        ("symptom_duration", "duration", (), (0, None)),
        ("pain_severity", "scale", (), (0, 10)),
    ],
)
def test_question_has_the_shape_of_its_finding(
    finding: str, answer_type: str, choices: tuple[str, ...], limits: tuple[float | None, float | None]
) -> None:
    question = single(finding)
    assert question.answer_type == answer_type
    assert tuple(choice.value for choice in question.choices) == choices
    assert (question.min, question.max) == limits


def test_flags_are_rules_or_yes_no_findings() -> None:
    known, warnings = accept_flags(("stiff_neck", "fever", "symptom_onset", "purple", "fever"), KNOWLEDGE)
    assert known == ("stiff_neck", "fever")
    assert warnings == ("unknown flag ignored: symptom_onset", "unknown flag ignored: purple")
