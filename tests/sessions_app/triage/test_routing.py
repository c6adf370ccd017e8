"""Which complaint free words lead to."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.triage.knowledge.loader import Bundle, Knowledge, index, load
from sessions_app.triage.routing import Routed, match_complaint


@cache
def knowledge() -> Knowledge:
    return load()


def route(text: str) -> Routed:
    return match_complaint(text, knowledge())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("chest_pain", "chest_pain"),
        ("Chest pain", "chest_pain"),
        ("BOLEST NA HRUDI", "chest_pain"),
        ("  sore throat ", "sore_throat"),
        ("back pain!", "back_pain"),
    ],
)
def test_names_of_complaints_are_certain(text: str, complaint: str) -> None:
    assert route(text) == Routed(complaint, 1.0)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("crushing chest pain radiating to my arm", "chest_pain"),
        ("my chest feels really tight", "chest_pain"),
        ("svírá mě na hrudi", "chest_pain"),
        ("runny nose and sore throat", "sore_throat"),
        ("teče mi z nosu a bolí mě v krku", "sore_throat"),
        ("no chest pain but cough", "cough"),
        ("nemám horečku, jen kašlu", "cough"),
        ("can't breathe properly", "dyspnoea"),
        ("špatně se mi dýchá", "dyspnoea"),
        ("my tummy really hurts and I threw up", "abdominal_pain"),
        ("bolí mě břicho vpravo dole", "abdominal_pain"),
        ("vomiting and diarrhoea", "nausea_vomiting"),
        ("bolí mě záda po zvedání", "back_pain"),
        ("my lower back is killing me, back pain since monday", "back_pain"),
        ("my kid has a rash all over", "rash"),
        ("svědí mě vyrážka", "rash"),
        ("horečka 39 a zimnice", "fever"),
        ("worst headache ever", "headache"),
        ("strašně mě bolí hlava", "headache"),
        ("the room is spinning", "dizziness"),
        ("točí se mi hlava", "dizziness"),
        ("stomache ache", "abdominal_pain"),
        ("chestpain", "chest_pain"),
    ],
)
def test_free_words_find_their_complaint(text: str, complaint: str) -> None:
    routed = route(text)
    assert routed.complaint == complaint
    assert routed.confidence > 0.5


@pytest.mark.parametrize("text", ["", " ", "asdf qwer", "12345", "👍", "\x00", "مرحبا"])
def test_what_fits_nothing_is_general(text: str) -> None:
    routed = route(text)
    assert routed.complaint == "general"
    assert routed.confidence < 0.3


def test_second_complaint_is_told() -> None:
    assert route("headache and fever since yesterday") == Routed(
        "headache", route("headache and fever since yesterday").confidence, "fever"
    )


def test_somebody_elses_trouble_is_no_complaint() -> None:
    assert route("my mother had chest pain, I have a cough").complaint == "cough"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("I have high blood pressure and my toe hurts", "joint_pain"),
        ("mám vysoký tlak a kašlu", "cough"),
        ("I have asthma and my stomach hurts", "abdominal_pain"),
        ("mám astma a bolí mě kotník", "joint_pain"),
        ("I have atrial fibrillation and a sore throat", "sore_throat"),
        ("I have high blood pressure", "high_blood_pressure"),
        ("I have asthma", "dyspnoea"),
        # These are why somebody comes, whatever else there is.
        ("I ate wild mushrooms and now I am vomiting", "poisoning"),
        ("jsem ve 35. týdnu těhotenství, bolí mě hlava", "pregnancy_problem"),
    ],
)
def test_old_illness_is_the_complaint_only_alone(text: str, complaint: str) -> None:
    assert route(text).complaint == complaint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("the joint is stiff", "joint_pain"),
        ("klouby ztuhlé ráno", "back_pain"),
        ("no fever and chills", "fever"),
        ("nebolí mě hlava", "headache"),
        ("nemá horečku, nekašle", "fever"),
    ],
)
def test_guess_that_would_presume_a_symptom_is_a_hint(text: str, hint: str) -> None:
    routed = route(text)
    assert (routed.complaint, routed.secondary) == ("general", hint)
    assert routed.confidence < 0.3


def test_time_of_day_is_no_wound() -> None:
    assert route("od rána kašlu").complaint == "cough"


def test_complaint_that_is_only_denied_is_none() -> None:
    assert route("bez horečky, kašle a zvracení").complaint == "general"


def test_without_complaints_everything_is_general() -> None:
    assert match_complaint("chest pain", index(Bundle(), version="0")).complaint == "general"


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=300))
def test_any_text_is_routed(text: str) -> None:
    routed = route(text)
    assert routed.complaint in knowledge().complaints
    assert 0 <= routed.confidence <= 1
    assert routed.secondary != routed.complaint
