"""Texts that tell of a patient in the third person, and the relatives in them."""

from __future__ import annotations

import pytest

from sessions_app.language.narration import is_narrated, speaks_of_patient, tells_of_relative
from sessions_app.language.tokens import tokenise


@pytest.mark.parametrize(
    "text",
    [
        "A 54-year-old man presents with chest pain.",
        "His wife noticed that he was confused.",
        "The patient has a cough.",
        "Pacientka, 60 let, si stěžuje na dušnost.",
        "68letá žena se zimnicí",
        "A 2-year-old boy is brought by his mother.",
    ],
)
def test_third_person_is_narrated(text: str) -> None:
    assert is_narrated(tokenise(text))


@pytest.mark.parametrize(
    "text",
    [
        "I have chest pain.",
        "My mother has chest pain, she is sweating.",
        "Mum has chest pain, she is sweating.",
        "bolí mě hlava, žena má taky rýmu",
        "headache and fever",
        "",
    ],
)
def test_writer_and_relative_are_not_narrated(text: str) -> None:
    assert not is_narrated(tokenise(text))


@pytest.mark.parametrize(
    ("text", "relative", "is_ill"),
    [
        ("He is brought in by his wife with chest pain.", "wife", False),
        ("His wife says that he has a fever.", "wife", False),
        ("Her mother has noticed a rash.", "mother", False),
        ("Her husband was worried about the rash.", "husband", False),
        ("Her mother has migraine.", "mother", True),
        ("His father died of a stroke.", "father", True),
        ("His son had the same last week.", "son", True),
        ("Several children have the same rash.", "children", True),
        ("The child has a rash.", "child", False),
        ("A child of four has a rash.", "child", False),
    ],
)
def test_relative_is_a_witness_the_patient_or_ill(text: str, relative: str, is_ill: bool) -> None:
    tokens = tokenise(text)
    place = [token.text for token in tokens].index(relative)
    assert tells_of_relative(tokens, place) is is_ill


def test_pronouns_and_nouns_turn_back_to_the_patient() -> None:
    tokens = tokenise("Her father had a stroke and she and the girl cough, a girl")
    back = [token.text for index, token in enumerate(tokens) if speaks_of_patient(tokens, index)]
    assert back == ["she", "girl"]
