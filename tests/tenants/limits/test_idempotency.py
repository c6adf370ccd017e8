from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from sessions_app.sessions.models import Session
from tenants.limits.models import IdempotentCall
from tenants.limits.operations import claim_call
from tenants.limits.tasks import forget_old_calls
from tenants.work import work_of
from tests.conftest import Cast
from tests.interviews import CHEST_PAIN, answer, begin

KEPT_HEADER = "X-NessyAPI-Tokens-Charged"


def kept(cast: Cast) -> list[IdempotentCall]:
    return list(IdempotentCall.objects.using("system").filter(tenant_id=cast.owner.tenant_id))


def balance(cast: Cast) -> int:
    return int(cast.api.get("/v1/admin/balance").json()["balance"])


def test_replay_is_byte_exact_and_does_nothing_again(alder: Cast) -> None:
    before = balance(alder)
    first, again = (
        alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k1", X_Request_ID=f"r{number}")
        for number in range(2)
    )
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again[KEPT_HEADER] == first[KEPT_HEADER] == "1"
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert again["X-Request-ID"] == "r1"
    assert before - balance(alder) == 1
    assert alder.api.get("/v1/sessions").json()["total"] == 1


@pytest.mark.parametrize("key", ["x", "a key with spaces", "~" * 255])
def test_printable_key_is_taken(alder: Cast, key: str) -> None:
    assert alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key=key).status_code == 201
    assert [call.key for call in kept(alder)] == [key]


@pytest.mark.parametrize("key", ["", "~" * 256, "tab\there", "nul\x00"])
def test_unprintable_or_long_key_is_422(alder: Cast, key: str) -> None:
    refused = alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key=key)
    assert refused.status_code == 422
    assert refused.json()["error"]["detail"]["field_errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize("change", ["path", "body"])
def test_other_request_under_the_key_is_422(alder: Cast, change: str) -> None:
    alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k1")
    path = "/v1/admin/keys" if change == "path" else "/v1/sessions"
    body = CHEST_PAIN | ({"name": "n"} if change == "path" else {"age": 59})
    refused = alder.api.post(path, body, Idempotency_Key="k1")
    assert refused.status_code == 422
    assert refused.json()["error"]["detail"]["reason"] == "idempotency_key_reused"


def test_call_that_still_runs_is_409(alder: Cast) -> None:
    is_claimed, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with work_of(alder.owner):
            claim_call(actor=alder.owner, key="k1", fingerprint=b"")
            is_claimed.set()
            may_end.wait(20)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert is_claimed.wait(20)
        refused = alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k1")
    finally:
        may_end.set()
        holder.join()
    assert refused.status_code == 409
    assert refused["Retry-After"] == "1"
    assert alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k1").status_code == 201


@pytest.mark.parametrize("body", [{}, {"chief_complaint": "cough", "age": 500}])
def test_refusals_are_not_kept(alder: Cast, body: dict[str, Any]) -> None:
    assert alder.api.post("/v1/sessions", body, Idempotency_Key="k1").status_code == 422
    assert kept(alder) == []
    assert alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k1").status_code == 201


def test_conflict_is_not_kept(alder: Cast) -> None:
    session = begin(alder.api)
    path = f"/v1/sessions/{session['session_id']}/feedback"
    body = {"accuracy": "correct"}
    assert alder.api.post(path, body, Idempotency_Key="k1").status_code == 409
    alder.api.post(f"/v1/sessions/{session['session_id']}/finalize")
    assert alder.api.post(path, body, Idempotency_Key="k1").status_code == 200


def test_key_is_the_tenants_own_and_of_its_mode(alder: Cast, birch: Cast) -> None:
    callers = (alder.api, alder.door(test=True), birch.api)
    made = [api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k1") for api in callers]
    assert len({response.json()["session_id"] for response in made}) == 3
    assert all("Idempotency-Replayed" not in response.headers for response in made)


def test_another_key_of_the_tenant_gets_the_replay(alder: Cast) -> None:
    first = alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k1")
    again = alder.door().post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k1")
    assert again.content == first.content


def test_key_means_nothing_on_other_methods(alder: Cast) -> None:
    session = begin(alder.api)["session_id"]
    assert alder.api.get("/v1/me", Idempotency_Key="k1").status_code == 200
    assert alder.api.put("/v1/patients/p1/profile", {}, Idempotency_Key="k1").status_code == 200
    path = f"/v1/sessions/{session}/demographics"
    assert alder.api.patch(path, {"age": 3}, Idempotency_Key="k1").status_code == 200
    assert alder.api.delete(f"/v1/sessions/{session}", Idempotency_Key="k1").status_code == 200
    assert kept(alder) == []


def test_bulk_export_keeps_no_copy_of_what_it_gave(alder: Cast) -> None:
    """A kept page of many patients could not be found by the erasure of one."""
    assert alder.api.post("/v1/sessions/export", {}, Idempotency_Key="k1").status_code == 200
    assert kept(alder) == []


def test_kept_reply_is_encrypted(alder: Cast) -> None:
    begin_body = alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k1").json()
    stored = bytes(kept(alder)[0].body)
    assert b"chest_pain" not in stored
    assert begin_body["session_id"].encode() not in stored


@pytest.mark.parametrize("erase", ["session", "patient"])
def test_erasure_takes_the_kept_replies_along(alder: Cast, erase: str) -> None:
    body = CHEST_PAIN | {"patient_id": "p1"}
    session = alder.api.post("/v1/sessions", body, Idempotency_Key="k1").json()
    question = session["current_question"]["question_id"]
    path = f"/v1/sessions/{session['session_id']}"
    alder.api.post(f"{path}/answer", {"question_id": question, "raw_text": "no"}, Idempotency_Key="k2")
    alder.api.post(f"{path}/finalize", Idempotency_Key="k3")
    begin_other = alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k4")
    assert len(kept(alder)) == 4
    assert alder.api.delete(path if erase == "session" else "/v1/patients/p1").status_code == 200
    assert [str(call.session_id) for call in kept(alder)] == [begin_other.json()["session_id"]]


def test_replay_after_24_hours_is_a_new_call(alder: Cast) -> None:
    first = alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k1")
    calls = IdempotentCall.objects.using("system").filter(tenant_id=alder.owner.tenant_id)
    assert abs(calls.get().expires_at - timezone.now() - timedelta(hours=24)) < timedelta(minutes=1)
    calls.update(expires_at=timezone.now())
    again = alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key="k1")
    assert again.json()["session_id"] != first.json()["session_id"]
    assert str(calls.get().session_id) == again.json()["session_id"]
    assert Session.objects.using("system").filter(tenant_id=alder.owner.tenant_id).count() == 2


def test_sweep_forgets_expired_replies_only(alder: Cast) -> None:
    for key in ("old", "new"):
        alder.api.post("/v1/sessions", CHEST_PAIN, Idempotency_Key=key)
    calls = IdempotentCall.objects.using("system").filter(tenant_id=alder.owner.tenant_id)
    calls.filter(key="old").update(expires_at=timezone.now())
    forget_old_calls()
    assert [call.key for call in calls] == ["new"]


def test_replayed_skip_repeats_its_price(alder: Cast) -> None:
    session = begin(alder.api)
    question = session["current_question"]["question_id"]
    path = f"/v1/sessions/{session['session_id']}/answer"
    for _ in range(2):
        reply = alder.api.post(path, {"question_id": question, "skip": True}, Idempotency_Key="k1")
        assert reply[KEPT_HEADER] == "0"
    assert answer(alder.api, reply.json())[KEPT_HEADER] == "8"
