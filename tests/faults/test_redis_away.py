"""Redis that stops or hangs: triage goes on, and says so."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from config.embedded import Valkey
from tests.config.processes import wait_until
from tests.conftest import Cast
from tests.faults.conftest import answer_to, assert_books_agree, begin
from tests.live import LiveServer

pytestmark = pytest.mark.faults
DEGRADED = "RateLimit-Degraded"


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    data: Path = tmp_path_factory.mktemp("data")
    server = Valkey(data, durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def served(valkey: Valkey) -> Iterator[LiveServer]:
    with LiveServer(REDIS_URL=valkey.url) as server:
        yield server


@contextmanager
def away(valkey: Valkey, how: str) -> Iterator[None]:
    """Redis stopped, or frozen so that it takes connections and never replies."""
    assert valkey.process is not None
    if how == "stopped":
        valkey.stop()
    else:
        valkey.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        if how == "stopped":
            valkey.start()
        else:
            valkey.process.send_signal(signal.SIGCONT)


def timed(client: httpx.Client) -> tuple[float, httpx.Response]:
    began = time.monotonic()
    reply = client.get("/v1/me")
    return time.monotonic() - began, reply


def is_whole(client: httpx.Client) -> bool:
    """Whether both workers use Redis again, as far as a row of calls can tell."""
    return not any(DEGRADED in client.get("/v1/me").headers for _ in range(10))


@pytest.mark.parametrize("how", ["stopped", "hanging"])
def test_calls_go_on_without_redis(served: LiveServer, valkey: Valkey, alder: Cast, how: str) -> None:
    with served.client(alder.live_key) as client:
        usual = max(timed(client)[0] for _ in range(10))
        assert is_whole(client)
        with away(valkey, how):
            slow, calls = zip(*(timed(client) for _ in range(30)), strict=True)
            # Paid calls too.
            path, body = answer_to(begin(client))
            calls = (*calls, client.post(path, json=body))
            ready = client.get("/readyz")
        assert {reply.status_code for reply in calls} == {200}
        assert {reply.headers.get(DEGRADED) for reply in calls} == {"1"}
        assert max(slow) <= usual + 0.5
        assert (ready.status_code, ready.json()) == (200, {"status": "degraded"})
        assert wait_until(lambda: is_whole(client), seconds=5)
    assert_books_agree(alder.owner)


def test_local_window_refuses_beyond_its_share(served: LiveServer, valkey: Valkey, alder: Cast) -> None:
    key = alder.door(rate_limit_rpm=20).key
    with served.client(key) as client, away(valkey, "stopped"):
        statuses = [client.get("/v1/me").status_code for _ in range(30)]
    # Each of the two workers admits half of the limit: together never more than the whole.
    assert 10 <= statuses.count(200) <= 20
    assert set(statuses) == {200, 429}
