"""Redis that stops, hangs or has no room: triage goes on, and says so."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.config.processes import wait_until
from tests.conftest import Cast
from tests.faults.conftest import answer_to, begin
from tests.faults.invariants import assert_hold
from tests.faults.machine import Machine

pytestmark = pytest.mark.faults
DEGRADED = "RateLimit-Degraded"


def timed(client: httpx.Client) -> tuple[float, httpx.Response]:
    began = time.monotonic()
    reply = client.get("/v1/me")
    return time.monotonic() - began, reply


def is_whole(client: httpx.Client) -> bool:
    """Whether both workers use Redis again, as far as a row of calls can tell."""
    return not any(DEGRADED in client.get("/v1/me").headers for _ in range(10))


@pytest.mark.parametrize("how", ["stopped", "frozen", "full"])
def test_calls_go_on_without_redis(machine: Machine, alder: Cast, how: str) -> None:
    with machine.web.client(alder.live_key) as client:
        usual = max(timed(client)[0] for _ in range(10))
        assert is_whole(client)
        with machine.redis_away(how):
            slow, calls = zip(*(timed(client) for _ in range(30)), strict=True)
            # Paid calls too.
            path, body = answer_to(begin(client))
            calls = (*calls, client.post(path, json=body))
            ready = client.get("/readyz")
        assert {reply.status_code for reply in calls} == {200}
        # One that has no room lets a script finish that has begun to write: the window goes on there.
        assert {reply.headers.get(DEGRADED) for reply in calls} == {None if how == "full" else "1"}
        assert max(slow) <= usual + 0.5
        assert (ready.status_code, ready.json()) == (200, {"status": "degraded"})
        assert wait_until(lambda: is_whole(client), seconds=5)
    assert_hold(alder.owner.tenant_id)


def test_local_window_refuses_beyond_its_share(machine: Machine, alder: Cast) -> None:
    key = alder.door(rate_limit_rpm=20).key
    with machine.web.client(key) as client, machine.redis_away("stopped"):
        statuses = [client.get("/v1/me").status_code for _ in range(30)]
    # Each of the two workers admits half of the limit: together never more than the whole.
    assert 10 <= statuses.count(200) <= 20
    assert set(statuses) == {200, 429}
