"""A seeded mixture of calls from many threads: whatever order they fall into, the books are right."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import httpx
import pytest

from billing.ledger.models import UsageRecord
from tenants.rls import tenant_transaction
from tests.conftest import Cast
from tests.faults.conftest import balance, begin, together
from tests.faults.invariants import assert_hold
from tests.live import LiveServer

pytestmark = pytest.mark.faults
THREADS, CALLS = 8, 25
EXPECTED = {200, 201, 402, 404, 409, 422}


def some_call(client: httpx.Client, random: Random, ids: list[str]) -> httpx.Response:
    path = f"/v1/sessions/{random.choice(ids)}"
    question = client.get(f"{path}/state").json().get("current_question") or {"question_id": "q_fever"}
    answer = {"question_id": question["question_id"], "raw_text": random.choice(["no", "yes", "3 days"])}
    calls: list[Callable[[], httpx.Response]] = [
        lambda: client.post(f"{path}/answer", json=answer),
        lambda: client.post(f"{path}/answer", json=answer | {"skip": True}),
        lambda: client.post(f"{path}/answer", json=answer, headers={"Idempotency-Key": path}),
        lambda: client.post(f"{path}/route", json={"text": "throbbing headache, one side"}),
        lambda: client.patch(f"{path}/rectify", json={"clear_answers": [question["question_id"]]}),
        lambda: client.post(f"{path}/demographics", json={"age": random.randrange(1, 90)}),
        lambda: client.get(f"{path}/results"),
    ]
    return random.choice(calls)()


@pytest.mark.parametrize("seed", [1, 2])
def test_mixed_calls_at_once_keep_the_books(live: LiveServer, alder: Cast, seed: int) -> None:
    granted = balance(alder.owner)
    with live.client(alder.live_key) as client:
        ids = [begin(client)["session_id"] for _ in range(4)]

        def caller(number: int) -> list[httpx.Response]:
            random = Random(seed * 100 + number)
            return [some_call(client, random, ids) for _ in range(CALLS)]

        replies = [reply for replies in together(THREADS, caller) for reply in replies]
        together(4, lambda number: client.post(f"/v1/sessions/{ids[number]}/finalize"))
        assert client.delete(f"/v1/sessions/{ids[0]}").status_code == 200
    assert {reply.status_code for reply in replies} <= EXPECTED
    told = sum(
        int(reply.headers.get("X-NessyAPI-Tokens-Charged", 0))
        for reply in replies
        if "Idempotency-Replayed" not in reply.headers
    )
    assert granted - balance(alder.owner) == told + len(ids)
    with tenant_transaction(alder.owner.tenant_id):
        charged = UsageRecord.objects.for_actor(alder.owner).values_list("tokens_charged", flat=True)
        assert sum(charged) == told + len(ids)
    assert_hold(alder.owner.tenant_id)
