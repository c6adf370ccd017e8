from __future__ import annotations

import uuid
from typing import Any

import pytest

from sessions_app.sessions.models import Session
from tests.conftest import Cast
from tests.interviews import begin, finalized


@pytest.mark.parametrize(
    ("words", "branch"),
    [
        ("chest_pain", "chest_pain"),
        ("Chest pain", "chest_pain"),
        ("bolest na hrudi", "chest_pain"),
        ("mám kašel už týden", "cough"),
        ("my head hurts badly", "headache"),
        ("qwrtzu asdf", "general"),
        ("😀", "general"),
    ],
)
def test_complaint_leads_to_a_branch_or_to_general(alder: Cast, words: str, branch: str) -> None:
    session = begin(alder.api, chief_complaint=words)
    assert session["chief_complaint"] == branch
    assert session["current_question"]["branch"] == branch


def test_first_reply_is_complete(alder: Cast) -> None:
    session = begin(alder.api)
    assert session["meta"]["tokens_charged"] == 1
    assert (session["status"], session["questions_asked"], session["livemode"]) == ("active", 0, True)
    assert session["is_complete"] is (session["current_question"] is None)
    state = alder.api.get(f"/v1/sessions/{session['session_id']}/state").json()
    assert (state["age"], state["sex"], state["patient_id"]) == (58, "male", None)
    assert state["current_question"] == session["current_question"]
    assert uuid.UUID(session["session_id"]).version == 7
    assert session["created_at"].endswith("Z")


def test_free_text_is_listened_to_at_no_extra_charge(alder: Cast) -> None:
    text = "crushing pain for 30 minutes that goes to my left arm, I am sweating"
    session = begin(alder.api, free_text=text)
    assert session["triage_level"] == "emergency"
    assert session["extracted_fields"]["sweating"] is True
    assert session["meta"]["tokens_charged"] == 1


def test_initial_fields_enter_the_inference(alder: Cast) -> None:
    session = begin(alder.api, initial_fields={"sweating": "yes", "no_such_finding": 1})
    assert session["extracted_fields"] == {"sweating": True}
    assert any("no_such_finding" in warning for warning in session["warnings"])


def test_initial_fields_win_over_the_text(alder: Cast) -> None:
    session = begin(alder.api, free_text="I am sweating", initial_fields={"sweating": False})
    assert session["extracted_fields"]["sweating"] is False


def test_age_and_sex_are_read_from_the_text(alder: Cast) -> None:
    fields = {"chief_complaint": "72 year old woman with chest pain", "age": None, "sex": None}
    session = begin(alder.api, **fields)
    state = alder.api.get(f"/v1/sessions/{session['session_id']}/state").json()
    assert (state["age"], state["sex"]) == (72, "female")


def test_sent_age_and_sex_win_over_the_text(alder: Cast) -> None:
    session = begin(alder.api, chief_complaint="72 year old woman with chest pain", age=30, sex="other")
    state = alder.api.get(f"/v1/sessions/{session['session_id']}/state").json()
    assert (state["age"], state["sex"]) == (30, "other")


@pytest.mark.parametrize(
    "change",
    [
        {"chief_complaint": ""},
        {"chief_complaint": None},
        {"chief_complaint": "x" * 501},
        {"chief_complaint": "a\x00b"},
        {"free_text": "x" * 4001},
        {"free_text": "a\x00b"},
        {"age": -1},
        {"age": 121},
        {"age": "old"},
        {"age": 1e30},
        {"sex": "m"},
        {"initial_fields": {"a\x00": 1}},
        {"initial_fields": {"a": "b\x00"}},
        {"initial_fields": {f"f{number}": 1 for number in range(501)}},
        {"initial_fields": {"a": [[[[[[[1]]]]]]]}},
        {"patient_id": "has space"},
        {"patient_id": "-first"},
        {"patient_id": "p\x00"},
        {"patient_id": "pacient-č"},
        {"patient_id": "p" * 101},
    ],
)
def test_impossible_field_is_422_and_makes_nothing(alder: Cast, change: dict[str, Any]) -> None:
    refused = alder.api.post("/v1/sessions", {"chief_complaint": "cough"} | change)
    assert refused.status_code == 422
    assert alder.api.get("/v1/sessions").json()["total"] == 0
    assert alder.api.get("/v1/patients").json()["data"] == []


@pytest.mark.parametrize(
    "odd", [{"sweating": "inf"}, {"symptom_duration": 1e300}, {"age": "nan"}, {"sweating": {}}]
)
def test_odd_value_is_dropped_with_a_warning(alder: Cast, odd: dict[str, Any]) -> None:
    session = begin(alder.api, initial_fields=odd)
    assert session["extracted_fields"] == {}
    assert session["warnings"]


def test_patient_is_made_and_its_facts_enter_the_inference(alder: Cast) -> None:
    plain = finalized(alder.api, patient_id="p1")
    facts = {
        "chronic_conditions": ["type 2 diabetes"],
        "current_medications": ["warfarin"],
        "risk_factors": ["hypertension"],
        "smoking_status": "current",
        "alcohol_status": "heavy drinker",
    }
    alder.api.put("/v1/patients/p1/profile", facts)
    known = finalized(alder.api, patient_id="p1")
    record = alder.api.get(f"/v1/sessions/{known['session_id']}/export").json()
    assert record["intake"][0]["source"] == "profile"
    expected = {"diabetes", "anticoagulants", "hypertension", "smoker", "alcohol_heavy"}
    assert set(record["intake"][0]["findings"]) == expected
    supported = {finding for one in known["differentials"] for finding in one["supporting"]}
    assert {"diabetes", "smoking"} <= supported
    assert known["differentials"] != plain["differentials"]


def test_tenant_has_a_number_of_concurrent_live_sessions() -> None:
    cast = Cast("Small", tier="free_trial")
    made = [begin(cast.api) for _ in range(5)]
    refused = cast.api.post("/v1/sessions", {"chief_complaint": "cough"})
    assert refused.status_code == 429
    assert refused.json()["error"]["detail"] == {
        "limit": 5,
        "limit_type": "concurrent_sessions",
        "retry_after": 60,
    }
    assert refused["Retry-After"] == "60"
    assert cast.api.get("/v1/admin/balance").json()["balance"] == 995
    tester = cast.door(test=True)
    begin(tester)
    cast.api.post(f"/v1/sessions/{made[0]['session_id']}/finalize")
    begin(cast.api)


def test_test_sessions_are_not_bounded_by_the_tier() -> None:
    tester = Cast("Small", tier="free_trial").door(test=True)
    assert [begin(tester)["livemode"] for _ in range(7)] == [False] * 7


def test_refused_creation_leaves_no_row(alder: Cast) -> None:
    alder.api.post("/v1/sessions", {"chief_complaint": "cough", "patient_id": "not ok"})
    assert not Session.objects.using("system").filter(tenant_id=alder.owner.tenant_id).exists()
