"""Web workers that die in the middle of a paid call."""

from __future__ import annotations

import os
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from django.db import connection, connections, transaction

from tenants.actor import Actor
from tests.config.processes import wait_until
from tests.conftest import Cast
from tests.faults.conftest import answer_to, begin, books
from tests.faults.invariants import assert_hold
from tests.faults.machine import Machine
from tests.live import LiveServer

pytestmark = pytest.mark.faults
# Two new workers load the knowledge base, on a machine that runs other tests too.
RESTART_SECONDS = 60.0
CHARGED = "X-NessyAPI-Tokens-Charged"
REPLAYED = "Idempotency-Replayed"


@contextmanager
def audit_chain_held(owner: Actor) -> Iterator[None]:
    """Lock what a paid call locks last: it has debited by then and cannot commit."""
    with transaction.atomic(using="system"), connections["system"].cursor() as cursor:
        cursor.execute("SELECT FROM tenants_audithead WHERE tenant_id = %s FOR UPDATE", [owner.tenant_id])
        yield


def waits_before_the_commit(table: str) -> bool:
    """Whether some transaction has changed the table and waits for the audit chain."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
            WHERE a.datname = current_database() AND a.wait_event_type = 'Lock'
                AND l.granted AND l.relation = %s::regclass AND l.mode = 'RowExclusiveLock'
                AND EXISTS (SELECT FROM pg_locks chain WHERE chain.pid = a.pid
                    AND chain.relation = 'tenants_audithead'::regclass)
            """,
            [table],
        )
        (found,) = cursor.fetchone() or (0,)
    return bool(found)


@pytest.fixture
def mortal(machine: Machine) -> Iterator[LiveServer]:
    """A server of the test's own: one whose workers die twice within seconds gives up."""
    with LiveServer(**machine.variables) as server:
        yield server


def kill_workers(server: LiveServer) -> None:
    for pid in server.workers():
        os.kill(pid, signal.SIGKILL)


def post_until_free(client: httpx.Client, path: str, body: object, key: str) -> httpx.Response:
    """Send a call again as long as its first try still holds the key, at most ten seconds."""
    deadline = time.monotonic() + 10
    while True:
        reply = client.post(path, json=body, headers={"Idempotency-Key": key})
        if reply.status_code != 409 or time.monotonic() > deadline:
            return reply
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("act", "table", "tokens"),
    [("answer", "billing_tokenbalance", 8), ("finalize", "sessions_app_session", 0)],
)
def test_kill_before_the_commit_leaves_nothing(
    mortal: LiveServer, alder: Cast, act: str, table: str, tokens: int
) -> None:
    key = str(uuid.uuid4())
    with mortal.client(alder.live_key) as client, ThreadPoolExecutor(1) as pool:
        session = begin(client)
        path = f"/v1/sessions/{session['session_id']}/{act}"
        body = answer_to(session)[1] if act == "answer" else {}
        before = books(alder.owner)
        with audit_chain_held(alder.owner):
            sent = pool.submit(client.post, path, json=body, headers={"Idempotency-Key": key})
            assert wait_until(lambda: waits_before_the_commit(table), seconds=4)
            kill_workers(mortal)
            with pytest.raises(httpx.TransportError):
                sent.result(10)
        assert mortal.answers_within(RESTART_SECONDS)
        assert wait_until(lambda: not waits_before_the_commit(table), seconds=5)
        assert books(alder.owner) == before
        retried = post_until_free(client, path, body, key)
    assert (retried.status_code, int(retried.headers.get(CHARGED, 0))) == (200, tokens)
    assert REPLAYED not in retried.headers
    after = books(alder.owner)
    assert after["balance"] == before["balance"] - tokens
    assert after["UsageRecord"] == before["UsageRecord"] + bool(tokens)
    assert_hold(alder.owner.tenant_id)


def test_answer_that_was_never_read_is_replayed_after_a_kill(mortal: LiveServer, alder: Cast) -> None:
    key = str(uuid.uuid4())
    with mortal.client(alder.live_key) as client:
        path, body = answer_to(begin(client))
        before = books(alder.owner)
        send_and_hang_up(mortal, alder.live_key, path, orjson.dumps(body), key)
        assert wait_until(lambda: books(alder.owner)["UsageRecord"] > before["UsageRecord"], seconds=10)
        after = books(alder.owner)
        kill_workers(mortal)
        assert mortal.answers_within(RESTART_SECONDS)
        replay = client.post(path, content=orjson.dumps(body), headers={"Idempotency-Key": key})
    assert (replay.status_code, replay.headers[REPLAYED], replay.headers[CHARGED]) == (200, "true", "8")
    assert after["balance"] == before["balance"] - 8
    assert books(alder.owner) == after


def send_and_hang_up(server: LiveServer, api_key: str, path: str, body: bytes, key: str) -> None:
    address = urlsplit(server.url)
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {address.netloc}",
        f"Authorization: Bearer {api_key}",
        f"Idempotency-Key: {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        # Long enough for the server to have read the request.
        time.sleep(0.5)


def test_replay_gives_the_stored_bytes(live: LiveServer, alder: Cast) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    with live.client(alder.live_key) as client:
        path, body = answer_to(begin(client))
        first = client.post(path, json=body, headers=headers)
        after = books(alder.owner)
        replay = client.post(path, json=body, headers=headers)
    assert (replay.status_code, replay.content) == (first.status_code, first.content)
    assert replay.headers[CHARGED] == first.headers[CHARGED] == "8"
    assert (first.headers.get(REPLAYED), replay.headers[REPLAYED]) == (None, "true")
    assert first.headers["X-Request-ID"] != replay.headers["X-Request-ID"]
    assert books(alder.owner) == after
