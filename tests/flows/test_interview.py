"""Whole journeys of a partner's software."""

from __future__ import annotations

from typing import Any

import pytest

from billing.ledger.queries import unbalanced
from tenants.audit.queries import verify_chain
from tenants.work import work_of
from tests.conftest import Api, Cast
from tests.interviews import answer, begin


def test_interview_runs_to_its_end(alder: Cast) -> None:
    body = begin(alder.api, chief_complaint="chest pain")
    asked = 0
    while body["current_question"] and asked < 60:
        reply = answer(alder.api, body, "no")
        assert reply.status_code == 200, reply.content
        body = reply.json()
        asked += 1
    assert body["is_complete"] is True
    assert alder.api.post(f"/v1/sessions/{body['session_id']}/finalize").status_code == 200
    assert asked <= 26


MAN_OF_58 = "crushing chest pain for 30 minutes, spreading to my left arm, I am sweating"
MUZ_58 = "svíravá bolest na hrudi 30 minut, vystřeluje do levé ruky, potím se"


@pytest.mark.parametrize("words", [MAN_OF_58, MUZ_58])
def test_heart_attack_is_an_emergency_from_the_first_words(alder: Cast, words: str) -> None:
    session = begin(alder.api, chief_complaint=words, age=58, sex="male")
    assert session["triage_level"] == "emergency"
    results = alder.api.get(f"/v1/sessions/{session['session_id']}/results").json()
    assert results["primary_diagnosis"] == "Acute Coronary Syndrome"


@pytest.mark.parametrize(
    "words",
    ["runny nose and sore throat for two days, no fever", "dva dny rýma a bolest v krku, bez teploty"],
)
def test_cold_is_cared_for_at_home(alder: Cast, words: str) -> None:
    body = begin(alder.api, chief_complaint=words, age=25, sex="female")
    for _ in range(30):
        if body["is_complete"]:
            break
        body = answer(alder.api, body, "no").json()
    results: dict[str, Any] = alder.api.post(f"/v1/sessions/{body['session_id']}/finalize").json()
    assert results["triage_level"] == "self_care"
    assert "Common Cold" in [one["diagnosis"] for one in results["differentials"][:3]]


def test_partner_goes_from_its_first_key_to_an_erased_patient(alder: Cast) -> None:
    raw = alder.api.post("/v1/admin/keys", {"name": "app", "rate_limit_rpm": 1000}).json()["raw_key"]
    app = Api(raw)
    app.put("/v1/patients/p1/profile", {"chronic_conditions": ["asthma"]})
    session = begin(app, chief_complaint="dušnost", patient_id="p1")
    spent = 1
    for said in ("yes", "blah xyzzy", "no"):
        if session["current_question"]:
            session = answer(app, session, said).json()
            spent += 8
    path = f"/v1/sessions/{session['session_id']}"
    app.post(f"{path}/finalize")
    app.post(f"{path}/feedback", {"accuracy": "partially_correct"})
    record = app.get(f"{path}/export").json()
    assert sum(told["tokens_charged"] for told in record["answers"]) == spent - 1
    assert alder.api.get("/v1/admin/balance").json()["lifetime_used"] == spent
    assert app.delete("/v1/patients/p1").json()["deleted"]["sessions"] == 1
    assert app.get(f"{path}/state").status_code == 404
    assert alder.api.get("/v1/admin/balance").json()["lifetime_used"] == spent
    with work_of(alder.owner):
        assert verify_chain(actor=alder.owner).ok
    assert alder.owner.tenant_id not in {row[0] for row in unbalanced()}
