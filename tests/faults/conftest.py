from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx
import pytest

from billing.ledger.models import TokenBalance, UsageRecord
from tenants.actor import Actor
from tenants.audit.models import AuditEvent
from tenants.limits.models import IdempotentCall
from tenants.rls import tenant_transaction
from tests.faults.machine import Machine
from tests.live import LiveServer
from webhooks_app.events.models import Event

T = TypeVar("T")


@pytest.fixture(scope="package")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with Machine(tmp_path_factory.mktemp("machine")) as found:
        yield found


@pytest.fixture(scope="package")
def live(machine: Machine) -> LiveServer:
    return machine.web


def together(count: int, call: Callable[[int], T]) -> list[T]:
    """What `call(0)`, `call(1)` … give that begin at one moment, each in a thread of its own."""
    barrier = threading.Barrier(count)

    def one(number: int) -> T:
        barrier.wait(30)
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def begin(client: httpx.Client, complaint: str = "headache") -> dict[str, Any]:
    made = client.post("/v1/sessions", json={"chief_complaint": complaint, "age": 35, "sex": "female"})
    assert made.status_code == 201, made.text
    session: dict[str, Any] = made.json()
    return session


def answer_to(session: dict[str, Any], text: str = "no") -> tuple[str, dict[str, str]]:
    """Path and body that answer a session's current question."""
    question = session["current_question"]["question_id"]
    return f"/v1/sessions/{session['session_id']}/answer", {"question_id": question, "raw_text": text}


def balance(owner: Actor) -> int:
    with tenant_transaction(owner.tenant_id):
        return TokenBalance.objects.for_actor(owner).get().balance


def books(owner: Actor) -> dict[str, int]:
    """The balance, and how many rows tell of what was done."""
    with tenant_transaction(owner.tenant_id):
        return {
            "balance": TokenBalance.objects.for_actor(owner).get().balance,
            **{
                model.__name__: model.objects.filter(tenant_id=owner.tenant_id).count()
                for model in (UsageRecord, Event, AuditEvent, IdempotentCall)
            },
        }


def event_types(owner: Actor) -> list[str]:
    with tenant_transaction(owner.tenant_id):
        return sorted(Event.objects.for_actor(owner).values_list("event_type", flat=True))
