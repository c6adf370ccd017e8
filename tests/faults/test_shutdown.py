"""A server that is told to end answers what it has begun."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.config.processes import wait_until
from tests.conftest import Cast
from tests.faults.conftest import answer_to, begin
from tests.faults.invariants import assert_hold
from tests.faults.machine import Machine, RestartableServer

pytestmark = pytest.mark.faults
EXIT_SECONDS = 30.0


@pytest.fixture
def mortal(machine: Machine) -> Iterator[RestartableServer]:
    with RestartableServer(**machine.variables) as server:
        yield server


def is_anyone_waiting(machine: Machine) -> bool:
    with machine.as_superuser() as watch:
        return watch.execute("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'").rowcount > 0


def test_call_in_flight_is_answered_before_the_end(
    machine: Machine, mortal: RestartableServer, alder: Cast
) -> None:
    assert mortal.process is not None
    with mortal.client(alder.live_key) as client, ThreadPoolExecutor(1) as pool:
        session = begin(client)
        path, body = answer_to(session)
        with psycopg.connect(machine.postgres.url("postgres", "nessy")) as outsider:
            outsider.execute(
                "SELECT FROM sessions_app_session WHERE id = %s FOR UPDATE", [session["session_id"]]
            )
            sent = pool.submit(client.post, path, json=body)
            assert wait_until(lambda: is_anyone_waiting(machine), seconds=10)
            mortal.process.terminate()
            time.sleep(0.5)
            assert not sent.done()
            outsider.rollback()
            reply = sent.result(10)
    assert (reply.status_code, reply.json()["meta"]["tokens_charged"]) == (200, 8)
    mortal.process.wait(EXIT_SECONDS)
    assert_hold(alder.owner.tenant_id)


def catches_sigterm(pid: int) -> bool:
    caught = re.search(r"^SigCgt:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_worker_that_still_loads_ends_at_once(mortal: RestartableServer) -> None:
    before = mortal.workers()
    os.kill(before[0], signal.SIGKILL)
    assert wait_until(lambda: not all(map(catches_sigterm, mortal.workers())), seconds=10)
    mortal.terminate(EXIT_SECONDS)
    # It would have begun to take calls meanwhile, to be killed in the middle of them.
    assert "refused to gracefully stop" not in mortal.said()
