"""PostgreSQL that stops, comes back and drops connections: 503 meanwhile, and no longer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
from nessyapi_sdk import NessyClient

from tests.config.processes import wait_until
from tests.conftest import Cast
from tests.faults.conftest import answer_to, begin, together
from tests.faults.invariants import assert_hold
from tests.faults.machine import Machine

pytestmark = pytest.mark.faults


def assert_unavailable(reply: httpx.Response) -> None:
    assert reply.status_code == 503
    assert int(reply.headers["Retry-After"]) >= 1
    error = reply.json()["error"]
    assert (error["code"], error["detail"]) == ("service_unavailable", {})
    assert error["request_id"] == reply.headers["X-Request-ID"]


def test_calls_are_refused_while_it_is_away(machine: Machine, alder: Cast) -> None:
    served = machine.web
    with served.client(alder.live_key) as client:
        session = begin(client)
        machine.postgres.stop()
        try:
            for _ in range(10):
                assert_unavailable(client.get("/v1/me"))
                assert_unavailable(client.post("/v1/sessions", json={"chief_complaint": "headache"}))
            assert client.get("/livez").status_code == 200
            assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (
                503,
                {"status": "down"},
            )
            # What needs no database goes on.
            assert client.get("/").status_code == 200
            assert client.get("/v1/schema/chief-complaints").status_code == 200
        finally:
            machine.start_postgres()
        assert served.answers_within(5, "/readyz")
        again = together(16, lambda _: client.get(f"/v1/sessions/{session['session_id']}/state"))
    assert {reply.status_code for reply in again} == {200}
    assert again[0].json()["session_id"] == session["session_id"]
    assert_hold(alder.owner.tenant_id)


def test_public_client_rides_over_a_restart(machine: Machine, alder: Cast) -> None:
    machine.postgres.stop()
    with NessyClient(alder.live_key, base_url=machine.web.url) as client, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.get_balance)
        # Its first try is refused, its next one follows the Retry-After.
        time.sleep(1)
        # Started in this thread: the server would end with any other.
        machine.start_postgres()
        assert asked.result(30).tier == "growth"


@pytest.fixture
def outsider(machine: Machine) -> Iterator[psycopg.Connection]:
    """Somebody else at work in the server's database."""
    with psycopg.connect(machine.postgres.url("postgres", "nessy")) as found:
        # The other one shall notice a deadlock first.
        found.execute("SET deadlock_timeout = '20s'")
        yield found
        found.rollback()


def is_anyone_waiting(machine: Machine) -> bool:
    with machine.as_superuser() as watch:
        waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return watch.execute(waiting).rowcount > 0


def test_deadlock_is_resolved_by_a_second_try(
    machine: Machine, alder: Cast, outsider: psycopg.Connection
) -> None:
    with machine.web.client(alder.live_key) as client, ThreadPoolExecutor(1) as pool:
        session = begin(client)
        path, body = answer_to(session)
        outsider.execute("SELECT FROM tenants_audithead FOR UPDATE")
        sent = pool.submit(client.post, path, json=body)
        assert wait_until(lambda: is_anyone_waiting(machine), seconds=4)
        outsider.execute("SELECT FROM sessions_app_session WHERE id = %s FOR UPDATE", [session["session_id"]])
        outsider.rollback()
        reply = sent.result(20)
    assert "deadlock detected" in machine.postgres.log.read_text()
    assert (reply.status_code, reply.json()["questions_asked"]) == (200, 1)
    assert reply.headers["X-NessyAPI-Tokens-Charged"] == "8"
    assert_hold(alder.owner.tenant_id)


def test_row_that_stays_locked_is_given_up_in_time(
    machine: Machine, alder: Cast, outsider: psycopg.Connection
) -> None:
    with machine.web.client(alder.live_key, timeout=12) as client:
        session = begin(client)
        path, body = answer_to(session)
        outsider.execute("SELECT FROM sessions_app_session WHERE id = %s FOR UPDATE", [session["session_id"]])
        assert_unavailable(client.post(path, json=body))
        outsider.rollback()
        assert client.post(path, json=body).json()["meta"]["tokens_charged"] == 8
    assert_hold(alder.owner.tenant_id)


def test_cut_connections_cost_at_most_a_call_each(machine: Machine, alder: Cast) -> None:
    with machine.web.client(alder.live_key) as client:
        for _ in range(20):
            together(16, lambda _: client.get("/v1/me"))
            cut = machine.cut_connections()
            assert cut
            replies = [client.get("/v1/me") for _ in range(20)]
            refused = [reply for reply in replies if reply.status_code != 200]
            assert len(refused) <= cut
            for reply in refused:
                assert_unavailable(reply)
            assert {reply.status_code for reply in replies[-8:]} == {200}
