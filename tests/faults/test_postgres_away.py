"""PostgreSQL that stops, comes back and drops connections: 503 meanwhile, and no longer."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from nessyapi_sdk import NessyClient

from config.embedded import PostgreSQL
from config.provisioning import Plan, provision
from tests.config.processes import wait_until
from tests.conftest import Cast
from tests.faults.conftest import answer_to, assert_books_agree, begin, server_connections, together
from tests.live import LiveServer

pytestmark = pytest.mark.faults
MAKE_KEY = "from tests.factories import make_key, make_tenant; print(make_key(owner=make_tenant()))"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    data: Path = tmp_path_factory.mktemp("data")
    server = PostgreSQL(data, durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def variables(postgres: PostgreSQL) -> dict[str, str]:
    """Where the server's own database is; migrated."""
    found = provision(postgres.admin_url, Plan("nessy", {}))
    manage(found, "migrate", "--database", "owner", "--skip-checks", "--verbosity", "0")
    return found


@pytest.fixture(scope="module")
def key(variables: dict[str, str]) -> str:
    return manage(variables, "shell", "--no-imports", "-c", MAKE_KEY).split()[-1]


@pytest.fixture(scope="module")
def served(variables: dict[str, str]) -> Iterator[LiveServer]:
    with LiveServer(**variables) as server:
        yield server


def manage(variables: dict[str, str], *words: str) -> str:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *words]
    return subprocess.run(
        command, env=os.environ | variables, check=True, capture_output=True, text=True, timeout=120
    ).stdout


def assert_unavailable(reply: httpx.Response) -> None:
    assert reply.status_code == 503
    assert int(reply.headers["Retry-After"]) >= 1
    error = reply.json()["error"]
    assert (error["code"], error["detail"]) == ("service_unavailable", {})
    assert error["request_id"] == reply.headers["X-Request-ID"]


def test_calls_are_refused_while_it_is_away(served: LiveServer, postgres: PostgreSQL, key: str) -> None:
    with served.client(key) as client:
        session = begin(client)
        postgres.stop()
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
            postgres.start()
        assert served.answers_within(5, "/readyz")
        again = together(16, lambda _: client.get(f"/v1/sessions/{session['session_id']}/state"))
    assert {reply.status_code for reply in again} == {200}
    assert again[0].json()["session_id"] == session["session_id"]


def test_public_client_rides_over_a_restart(served: LiveServer, postgres: PostgreSQL, key: str) -> None:
    postgres.stop()
    with NessyClient(key, base_url=served.url) as client, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.get_balance)
        # Its first try is refused, its next one follows the Retry-After.
        time.sleep(1)
        # Started in this thread: the server would end with any other.
        postgres.start()
        assert asked.result(30).tier == "growth"


@pytest.fixture
def outsider(postgres: PostgreSQL) -> Iterator[psycopg.Connection]:
    """Somebody else at work in the server's database."""
    with psycopg.connect(postgres.url("postgres", "nessy")) as found:
        # The other one shall notice a deadlock first.
        found.execute("SET deadlock_timeout = '20s'")
        yield found
        found.rollback()


def is_anyone_waiting(postgres: PostgreSQL) -> bool:
    with psycopg.connect(postgres.admin_url) as watch:
        waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return watch.execute(waiting).rowcount > 0


def test_deadlock_is_resolved_by_a_second_try(
    served: LiveServer, postgres: PostgreSQL, key: str, outsider: psycopg.Connection
) -> None:
    with served.client(key) as client, ThreadPoolExecutor(1) as pool:
        session = begin(client)
        path, body = answer_to(session)
        outsider.execute("SELECT FROM tenants_audithead FOR UPDATE")
        sent = pool.submit(client.post, path, json=body)
        assert wait_until(lambda: is_anyone_waiting(postgres), seconds=4)
        outsider.execute("SELECT FROM sessions_app_session WHERE id = %s FOR UPDATE", [session["session_id"]])
        outsider.rollback()
        reply = sent.result(20)
    assert "deadlock detected" in postgres.log.read_text()
    assert (reply.status_code, reply.json()["questions_asked"]) == (200, 1)
    assert reply.headers["X-NessyAPI-Tokens-Charged"] == "8"


def test_row_that_stays_locked_is_given_up_in_time(
    served: LiveServer, key: str, outsider: psycopg.Connection
) -> None:
    with served.client(key, timeout=12) as client:
        session = begin(client)
        path, body = answer_to(session)
        outsider.execute("SELECT FROM sessions_app_session WHERE id = %s FOR UPDATE", [session["session_id"]])
        assert_unavailable(client.post(path, json=body))
        outsider.rollback()
        assert client.post(path, json=body).json()["meta"]["tokens_charged"] == 8


def test_cut_connections_cost_at_most_a_call_each(live: LiveServer, alder: Cast) -> None:
    with live.client(alder.live_key) as client:
        for _ in range(5):
            together(16, lambda _: client.get("/v1/me"))
            cut = server_connections()
            assert cut
            for pid in cut:
                terminate(pid)
            replies = [client.get("/v1/me") for _ in range(40)]
            refused = [reply for reply in replies if reply.status_code != 200]
            assert len(refused) <= len(cut)
            for reply in refused:
                assert_unavailable(reply)
            assert {reply.status_code for reply in replies[-10:]} == {200}


def test_connections_cut_under_load_leave_whole_books(live: LiveServer, alder: Cast) -> None:
    with live.client(alder.live_key) as client:
        done = threading.Event()

        def caller(number: int) -> list[httpx.Response]:
            replies: list[httpx.Response] = []
            while not done.is_set() and len(replies) < 200:
                replies.append(client.post("/v1/sessions", json={"chief_complaint": "headache"}))
                session_id = replies[-1].json().get("session_id")
                if session_id:
                    replies.append(client.delete(f"/v1/sessions/{session_id}"))
            return replies

        def cutter() -> None:
            for _ in range(5):
                done.wait(0.4)
                for pid in server_connections():
                    terminate(pid)
            done.set()

        results: list[list[httpx.Response]] = []
        callers = threading.Thread(target=lambda: results.extend(together(6, caller)))
        callers.start()
        cutter()
        callers.join(60)
        assert client.get("/v1/me").status_code == 200
    replies = [reply for found in results for reply in found]
    assert len(replies) > 50
    # 429: a deletion was cut, its session holds a place.
    assert {reply.status_code for reply in replies} <= {200, 201, 429, 503}
    assert_books_agree(alder.owner)


def terminate(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
