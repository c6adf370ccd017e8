"""What is taken from the words of clinicians: third person, notes, results."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from sessions_app.triage.knowledge.loader import Knowledge, load
from sessions_app.triage.listening import understand
from sessions_app.triage.routing import match_complaint


@cache
def knowledge() -> Knowledge:
    return load()


def told(text: str) -> dict[str, Any]:
    findings = understand(text, knowledge()).findings
    return {name: value for name, value in findings.items() if name not in ("age", "sex")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "A 20-year-old man is brought in by his flatmate with fever and drowsiness.",
            {"fever": True, "drowsiness": True},
        ),
        ("Her mother says the girl has had a fever for two days.", {"fever": True, "symptom_duration": 48.0}),
        (
            "A 60-year-old man. His wife noticed that he was confused.",
            {"confusion": True},
        ),
        ("A 2-year-old boy has a fever. The child is drowsy.", {"fever": True, "drowsiness": True}),
        ("A 40-year-old man has palpitations. His wife had a fever.", {"palpitations": True}),
        ("A 30-year-old woman. Her father had a fever and she has chest pain.", {"chest_pain": True}),
        ("Pacient, 54 let, má bolest na hrudi.", {"chest_pain": True}),
    ],
)
def test_relatives_are_told_from_the_patient(text: str, expected: dict[str, Any]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a two-day history of vomiting", {"vomiting": True, "symptom_duration": 48.0}),
        ("He has a history of vomiting.", {}),
        ("A man with a history of vomiting presents with fever.", {"fever": True}),
        ("A woman with a history of COPD has chest pain.", {"copd_known": True, "chest_pain": True}),
    ],
)
def test_history_ends_where_the_present_begins(text: str, expected: dict[str, Any]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "T 38.4 °C, HR 110, BP 130/80, RR 20, SpO2 95%",
            {
                "temperature_c": 38.4,
                "heart_rate": 110.0,
                "systolic_bp": 130.0,
                "respiratory_rate": 20.0,
                "oxygen_saturation": 95.0,
            },
        ),
        (
            "BP 150/90, P 88, R 16, sat 98",
            {
                "systolic_bp": 150.0,
                "heart_rate": 88.0,
                "respiratory_rate": 16.0,
                "oxygen_saturation": 98.0,
            },
        ),
        ("respirations are 24 and temperature 39", {"respiratory_rate": 24.0, "temperature_c": 39.0}),
        ("24 breaths / min", {"respiratory_rate": 24.0}),
        (
            "HR 120 bpm, RR 24, sats 92% on air",
            {"heart_rate": 120.0, "respiratory_rate": 24.0, "oxygen_saturation": 92.0},
        ),
        (
            "TF 110/min, DF 24/min, TK 150/95",
            {"heart_rate": 110.0, "respiratory_rate": 24.0, "systolic_bp": 150.0},
        ),
        ("temp 102 F", {"temperature_c": 38.9}),
        ("T: 39,1", {"temperature_c": 39.1}),
        # Neither a rate nor a saturation.
        ("HR 900", {}),
        ("She sat 95 minutes on a chair.", {"symptom_duration": 1.58}),
    ],
)
def test_vital_signs_are_read_as_they_are_noted(text: str, expected: dict[str, Any]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "word", ["consulting", "conclusions", "diameter", "cancel", "static", "grade", "conversion", "paying"]
)
def test_common_words_are_no_misspelt_symptoms(word: str) -> None:
    assert told(f"This is what he said of {word}.") == {}


@pytest.mark.parametrize(
    ("word", "finding_id"),
    [("vomitting", "vomiting"), ("headahce", "headache"), ("palpatations", "palpitations")],
)
def test_misspelt_symptoms_are_understood(word: str, finding_id: str) -> None:
    assert told(f"He has {word}.") == {finding_id: True}


def test_opposites_are_no_misspelling() -> None:
    assert told("He is hypotensive.") == {}
    assert told("He has hypertesion.") == {"hypertension": True}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I lost 8 kg", {"weight_loss": True}),
        ("zhubla jsem 7 kilo", {"weight_loss": True}),
        ("she gained 20 pounds", {"weight_gain": True}),
        ("he did not lose 5 kg", {}),
        ("I lost 8 friends", {}),
    ],
)
def test_weight_is_read_from_its_figure(text: str, expected: dict[str, Any]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("knee pain for over a year, stiff for ten minutes in the morning", 8760.0),
        ("a headache that lasts 30 minutes, for two weeks now", 336.0),
        ("chest pain lasting 20 minutes", 0.33),
        ("chest pain lasting 20 minutes in a man with diabetes for 10 years", 0.33),
        ("my toe hurts since last night, I had the same last year", 12.0),
        ("three hours after supper I felt sick, for half a day now", 12.0),
        ("a cough for ten days after a cold", 240.0),
        ("diabetes, vomiting since yesterday", 24.0),
        ("headache since yesterday, a ten-year history of asthma", 24.0),
        ("headache since yesterday, my last meal was six hours ago", 24.0),
        ("headache since yesterday, my last period was six weeks ago", 24.0),
    ],
)
def test_length_of_the_illness_is_told_from_other_times(text: str, hours: float) -> None:
    assert told(text)["symptom_duration"] == hours


@pytest.mark.parametrize(
    "text", ["a ten-year history of asthma", "diabetes for ten years", "my last meal was six hours ago"]
)
def test_age_of_something_else_is_no_length_of_the_illness(text: str) -> None:
    assert "symptom_duration" not in told(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "pain in the right flank",
            {
                "abdominal_pain": True,
                "abdominal_pain_site": ("flank",),
                "back_pain": True,
                "back_pain_site": "flank",
            },
        ),
        ("it hurts around my belly button", {"abdominal_pain": True, "abdominal_pain_site": ("navel",)}),
        ("bolí mě za hrudní kostí", {"chest_pain": True, "chest_pain_site": "central"}),
        ("back pain, also a pain in the flank", {"back_pain": True, "back_pain_site": "flank"}),
        ("chest pain that spreads to the flank", {"chest_pain": True}),
        ("no pain in the flank", {}),
        ("I cut my finger and it hurts", {"wound_open": True}),
    ],
)
def test_place_alone_names_the_pain(text: str, expected: dict[str, Any]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("I fell asleep on the beach", {}),
        ("I don't want to die", {"anxiety": True}),
        ("trouble falling asleep", {"sleep_disturbance": True}),
    ],
)
def test_words_with_another_meaning_are_no_fall_and_no_wish_to_die(text: str, findings: Any) -> None:
    assert told(text) == findings


def test_finding_that_is_asked_about_beats_a_likeness_of_letters() -> None:
    assert match_complaint("vaginal discharge", knowledge()).complaint == "genital_discharge"
