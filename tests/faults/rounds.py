"""One round: load, a fault in the middle of it, then everything is compared."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from uuid import UUID

import httpx

from tests.conftest import Cast
from tests.factories import set_balance
from tests.faults import invariants
from tests.faults.history import Call, History
from tests.faults.injections import FAULTS, Injection, inject
from tests.faults.machine import Machine
from tests.faults.model import Model, discrepancies
from tests.faults.reality import balance_of, commit_order, picture, unaudited_reads
from tests.faults.workload import load, request_of

# Before the fault, and after it again.
CALLS = 60
REPLAYS = 60
POOR_BALANCE = 150
# The second is poor: it runs out of tokens and of places.
TENANTS = {"growth": 2, "free_trial": 1}
PLACES = {"growth": 50, "free_trial": 5}


@dataclass
class Round:
    """What a round came to."""

    calls: int
    requests: int
    failures: int
    committed: int
    seconds: float


def play(machine: Machine, name: str, seed: int) -> Round:
    """Run the load and the fault, and compare; raises AssertionError for whatever does not agree."""
    began, fault = time.monotonic(), FAULTS[name]
    casts = {tier: [Cast("Alder Clinic", tier=tier) for _ in range(count)] for tier, count in TENANTS.items()}
    for poor in casts["free_trial"]:
        set_balance(owner=poor.owner, tokens=POOR_BALANCE)
    everyone = [cast for found in casts.values() for cast in found]
    models = {
        str(cast.owner.tenant_id): Model(balance_of(machine, cast.owner.tenant_id), PLACES[tier])
        for tier, found in casts.items()
        for cast in found
    }
    with load(everyone, machine.web.client, seed) as history:
        history.wait_for(CALLS)
        injection = inject(fault, machine)
        history.wait_for(CALLS)
    _check_failures(machine, history, fault.may_show, injection)
    order = {tenant: commit_order(machine, UUID(tenant)) for tenant in models}
    fault.check(injection, history, {request for requests in order.values() for request in requests})
    for cast in everyone:
        _check_replays(machine, cast, history.calls(str(cast.owner.tenant_id)), Random(seed))
    for tenant, model in models.items():
        calls = history.calls(tenant)
        committed = _in_order(calls, order[tenant])
        _agree("replies and model", list(discrepancies(model, calls, committed)), [])
        _agree("database and model", picture(machine, UUID(tenant)), model.picture())
        _agree("reads without a record", unaudited_reads(machine, UUID(tenant), calls), set())
    _agree("invariants", invariants.broken([cast.owner.tenant_id for cast in everyone]), {})
    return Round(
        calls=len(history.calls()),
        requests=sum(1 for _ in history.attempts()),
        failures=len(history.failures()),
        committed=sum(len(requests) for requests in order.values()),
        seconds=round(time.monotonic() - began, 1),
    )


def _agree(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise AssertionError(f"{what}:\n{found}\nand not\n{expected}")


def _check_failures(
    machine: Machine, history: History, may_show: frozenset[int], injection: Injection
) -> None:
    """Clients saw failures of the allowed kinds, and only while the fault lay on the machine."""
    seen = Counter(failure.error or str(failure.status) for failure in history.failures())
    unexpected = [failure.status for failure in history.failures() if failure.status not in may_show]
    _agree(f"failures {seen} by a server that says\n{machine.web.complaints()}", unexpected, [])
    outside = [
        failure
        for failure in history.failures()
        if failure.ended < injection.began or failure.began > injection.healed
    ]
    _agree("failures beside the fault", outside, [])


def _check_replays(machine: Machine, cast: Cast, calls: Iterable[Call], random: Random) -> None:
    """A key that is used again gets the bytes of the first reply, and nothing happens."""
    done = [call for call in calls if call.is_keyed and call.reply.status < 400]
    for call in done:
        told = {(final.status, final.content) for final in call.finals if final.status < 400}
        _agree(f"replies to {call}", len(told), 1)
    chosen = random.sample(done, min(REPLAYS, len(done)))
    with machine.web.client(cast.live_key) as client, ThreadPoolExecutor(4) as pool:

        def again(call: Call) -> httpx.Response:
            method, path, body = request_of(call)
            return client.request(method, path, json=body, headers={"Idempotency-Key": call.key})

        for call, reply in zip(chosen, pool.map(again, chosen), strict=True):
            found = (reply.status_code, reply.content, reply.headers.get("Idempotency-Replayed"))
            _agree(f"the replay of {call}", found, (call.reply.status, call.reply.content, "true"))


def _in_order(calls: Iterable[Call], order: Iterable[str]) -> list[Call]:
    """The calls that were carried out, each by one of its requests."""
    made = {attempt.request_id: call for call in calls for attempt in call.attempts}
    committed = [made[request] for request in order]
    times = Counter(id(call) for call in committed)
    _agree("carried out twice", [str(call) for call in committed if times[id(call)] > 1], [])
    return committed
