from __future__ import annotations

import pytest

from tests.conftest import Cast
from tests.interviews import begin


def test_text_moves_the_session_to_its_branch(alder: Cast) -> None:
    session = begin(alder.api, chief_complaint="qwrtzu")
    path = f"/v1/sessions/{session['session_id']}"
    reply = alder.api.post(f"{path}/route", {"text": "bad cough and fever for 3 days"})
    body = reply.json()
    assert (session["chief_complaint"], body["chief_complaint"]) == ("general", "cough")
    assert body["current_question"]["branch"] == "cough"
    assert (
        body["initial_fields"]
        == body["extracted_fields"]
        == {
            "cough": True,
            "fever": True,
            "symptom_duration": 72,
        }
    )
    assert 0 < body["confidence"] <= 1
    assert body["diagnosis_hints"][0].keys() == {"diagnosis", "icd", "weight"}
    assert (reply["X-NessyAPI-Tokens-Charged"], body["meta"]["tokens_charged"]) == ("5", 5)
    assert alder.api.get(f"{path}/state").json()["chief_complaint"] == "cough"


def test_text_that_fits_nothing_keeps_the_branch(alder: Cast) -> None:
    session = begin(alder.api)
    body = alder.api.post(f"/v1/sessions/{session['session_id']}/route", {"text": "qwerty"}).json()
    assert body["chief_complaint"] == "chest_pain"
    assert body["current_question"] == session["current_question"]


def test_age_and_sex_are_read_from_the_text(alder: Cast) -> None:
    session = begin(alder.api, age=None, sex=None)
    path = f"/v1/sessions/{session['session_id']}"
    alder.api.post(f"{path}/route", {"text": "62 year old woman, chest pain"})
    state = alder.api.get(f"{path}/state").json()
    assert (state["age"], state["sex"]) == (62, "female")


@pytest.mark.parametrize("text", ["", None, "x" * 2001, "a\x00", ["cough"]])
def test_impossible_text_is_422(alder: Cast, text: object) -> None:
    path = f"/v1/sessions/{begin(alder.api)['session_id']}/route"
    assert alder.api.post(path, {"text": text}).status_code == 422
