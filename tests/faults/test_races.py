"""Equal calls that arrive at one moment, on committed rows."""

from __future__ import annotations

import uuid
from collections import Counter

import httpx
import pytest
from django.db import connections

from billing.ledger.models import BalanceEntry
from billing.ledger.operations import credit
from tenants.actor import Actor
from tenants.rls import tenant_transaction
from tenants.work import work_of
from tests.conftest import Cast
from tests.factories import set_balance
from tests.faults.conftest import (
    answer_to,
    balance,
    begin,
    books,
    event_types,
    together,
)
from tests.faults.invariants import assert_hold
from tests.faults.machine import Machine
from tests.live import LiveServer

pytestmark = pytest.mark.faults


def statuses(replies: list[httpx.Response]) -> dict[int, int]:
    return dict(Counter(reply.status_code for reply in replies))


def test_two_answers_of_one_session_are_both_kept(live: LiveServer, alder: Cast) -> None:
    with live.client(alder.live_key) as client:
        session = begin(client)
        path = f"/v1/sessions/{session['session_id']}"
        open_questions = [question["question_id"] for question in listed(client, path)][:2]
        before = balance(alder.owner)
        replies = together(
            2,
            lambda number: client.post(
                f"{path}/answer", json={"question_id": open_questions[number], "raw_text": "no"}
            ),
        )
        assert statuses(replies) == {200: 2}
        assert sorted(reply.json()["questions_asked"] for reply in replies) == [1, 2]
        kept = [q["question_id"] for q in listed(client, path) if q["answered"] or q["skipped"]]
    assert sorted(kept) == sorted(open_questions)
    assert before - balance(alder.owner) == 16
    assert_hold(alder.owner.tenant_id)


def listed(client: httpx.Client, path: str) -> list[dict[str, str]]:
    questions: list[dict[str, str]] = client.get(f"{path}/questions").json()["questions"]
    return questions


def test_one_answer_sent_twice_is_charged_once(live: LiveServer, alder: Cast) -> None:
    with live.client(alder.live_key) as client:
        path, body = answer_to(begin(client))
        before = balance(alder.owner)
        replies = together(2, lambda _: client.post(path, json=body))
    assert statuses(replies) == {200: 2}
    assert sorted(reply.json()["meta"]["tokens_charged"] for reply in replies) == [0, 8]
    assert before - balance(alder.owner) == 8
    assert_hold(alder.owner.tenant_id)


@pytest.mark.parametrize("count", [2, 50])
def test_finalizes_at_once_tell_of_it_once(live: LiveServer, alder: Cast, count: int) -> None:
    with live.client(alder.live_key) as client:
        path = f"/v1/sessions/{begin(client)['session_id']}/finalize"
        replies = together(count, lambda _: client.post(path, headers={"Idempotency-Key": str(uuid.uuid4())}))
    assert statuses(replies) == {200: count}
    assert all(reply.json() == replies[0].json() for reply in replies)
    told = event_types(alder.owner)
    assert (told.count("session.finalized"), told.count("assessment.completed")) == (1, 1)
    assert_hold(alder.owner.tenant_id)


def test_equal_idempotency_keys_are_carried_out_once(live: LiveServer, alder: Cast) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    before = books(alder.owner)
    with live.client(alder.live_key) as client:
        replies = together(
            50, lambda _: client.post("/v1/sessions", json={"chief_complaint": "headache"}, headers=headers)
        )
    made = [reply for reply in replies if reply.status_code == 201]
    assert len(made) + statuses(replies).get(409, 0) == 50
    assert len({reply.content for reply in made}) == 1
    assert sum("Idempotency-Replayed" not in reply.headers for reply in made) == 1
    after = books(alder.owner)
    assert (after["balance"], after["UsageRecord"]) == (before["balance"] - 1, 1)
    assert_hold(alder.owner.tenant_id)


def test_last_tokens_pay_for_one_answer(live: LiveServer) -> None:
    alder = Cast("Alder Clinic", tier="scale")
    with live.client(alder.live_key) as client:
        sessions = together(25, lambda _: begin(client))
        sessions += [begin(client) for _ in range(75)]
        set_balance(owner=alder.owner, tokens=8)
        calls = [answer_to(session) for session in sessions]
        replies = together(100, lambda number: client.post(calls[number][0], json=calls[number][1]))
    assert statuses(replies) == {200: 1, 402: 99}
    assert balance(alder.owner) == 0
    told = event_types(alder.owner)
    assert [told.count(f"balance.{name}") for name in ("low_20", "low_10", "depleted")] == [1, 1, 1]
    assert told.count("session.answered") == 1
    assert_hold(alder.owner.tenant_id)


def test_missing_balance_pays_for_nothing_and_is_made_once(live: LiveServer, machine: Machine) -> None:
    alder = Cast("Alder Clinic")
    set_balance(owner=alder.owner, tokens=0)
    with machine.as_superuser() as connection:
        connection.execute("DELETE FROM billing_tokenbalance WHERE tenant_id = %s", [alder.owner.tenant_id])
    with live.client(alder.live_key) as client:
        calls = together(20, lambda _: client.post("/v1/sessions", json={"chief_complaint": "headache"}))
        assert statuses(calls) == {402: 20}
        together(2, lambda _: top_up(alder.owner, 4))
        calls = together(20, lambda _: client.post("/v1/sessions", json={"chief_complaint": "headache"}))
    assert statuses(calls) == {201: 8, 402: 12}
    assert balance(alder.owner) == 0
    assert_hold(alder.owner.tenant_id)


def top_up(owner: Actor, tokens: int) -> None:
    try:
        with work_of(owner):
            credit(actor=owner, kind="topup", tokens=tokens)
    finally:
        connections.close_all()


def test_last_place_is_given_to_one_session(live: LiveServer) -> None:
    alder = Cast("Alder Clinic", tier="free_trial")
    with live.client(alder.live_key) as client:
        for _ in range(4):
            begin(client)
        replies = together(20, lambda _: client.post("/v1/sessions", json={"chief_complaint": "headache"}))
    assert statuses(replies) == {201: 1, 429: 19}
    refused = [reply for reply in replies if reply.status_code == 429]
    assert {reply.json()["error"]["detail"]["limit_type"] for reply in refused} == {"concurrent_sessions"}
    assert balance(alder.owner) == 1_000 - 5
    assert_hold(alder.owner.tenant_id)


def test_last_place_is_given_to_one_key(live: LiveServer) -> None:
    alder = Cast("Alder Clinic", tier="starter")
    with live.client(alder.live_key) as client:
        for number in range(3):
            assert client.post("/v1/admin/keys", json={"name": f"key {number}"}).status_code == 201
        replies = together(10, lambda number: client.post("/v1/admin/keys", json={"name": f"new {number}"}))
        assert statuses(replies) == {201: 1, 409: 9}
        assert sum(key["is_active"] for key in client.get("/v1/admin/keys").json()) == 5
    assert_hold(alder.owner.tenant_id)


def test_tier_changes_at_once_grant_the_largest_once(live: LiveServer) -> None:
    alder = Cast("Alder Clinic", tier="starter")
    with live.client(alder.live_key) as client:
        replies = together(
            10,
            lambda number: client.put("/v1/admin/tier", json={"tier": ("growth", "scale")[number % 2]}),
        )
    assert statuses(replies) == {200: 10}
    assert balance(alder.owner) == 250_000
    with tenant_transaction(alder.owner.tenant_id):
        granted = BalanceEntry.objects.for_actor(alder.owner).values_list("tokens", flat=True)
        assert sum(granted) == 250_000
    assert_hold(alder.owner.tenant_id)
