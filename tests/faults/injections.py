"""The faults: how each is brought about and made good again, and what clients may notice of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.config.processes import wait_until
from tests.faults.history import NO_REPLY, History
from tests.faults.machine import Machine

# So long a server is away; meanwhile every thread has come upon it.
AWAY_SECONDS = 1.5
# A restarted or respawned worker loads the knowledge base, beside whatever else the machine does.
START_SECONDS = 60.0
# Of `tests.live`.
WORKERS = 2


@dataclass
class Injection:
    """When a fault lay on the machine (monotonic), and how much of it."""

    began: float = 0.0
    healed: float = 0.0
    count: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Fault:
    """`may_show` are the failures that a client may see while it lasts; 0 for a broken connection."""

    inject: Callable[[Machine, Injection], None]
    may_show: frozenset[int] = frozenset()
    # What else has to hold, beside everything that always has to.
    check: Callable[[Injection, History, set[str]], None] = lambda injection, history, done: None


def flush_redis(machine: Machine, injection: Injection) -> None:
    for _ in range(5):
        machine.flush_redis()
        time.sleep(AWAY_SECONDS / 5)


def take_redis(how: str) -> Callable[[Machine, Injection], None]:
    def take(machine: Machine, injection: Injection) -> None:
        with machine.redis_away(how):
            time.sleep(AWAY_SECONDS)

    return take


def restart_postgres(machine: Machine, injection: Injection) -> None:
    machine.postgres.stop()
    time.sleep(AWAY_SECONDS)
    machine.start_postgres()


def crash_postgres(machine: Machine, injection: Injection) -> None:
    machine.postgres.crash()
    machine.start_postgres()


def cut_connections(machine: Machine, injection: Injection) -> None:
    for _ in range(5):
        injection.count += machine.cut_connections()
        time.sleep(AWAY_SECONDS / 5)


def restart_web(machine: Machine, injection: Injection) -> None:
    injection.seconds = machine.web.terminate(30)
    machine.web.start()


def kill_worker(machine: Machine, injection: Injection) -> None:
    # The other one may still load, after a restart.
    assert wait_until(lambda: machine.web.serving_workers() == WORKERS, seconds=START_SECONDS)
    os.kill(machine.web.workers()[0], signal.SIGKILL)
    assert machine.web.answers_within(5, "/readyz")
    if not wait_until(lambda: machine.web.serving_workers() == WORKERS, seconds=START_SECONDS):
        raise AssertionError("the worker does not come back")


def few_failures(injection: Injection, history: History, done: set[str]) -> None:
    assert injection.count > 0
    assert len(history.failures()) <= injection.count


def nothing_dropped(injection: Injection, history: History, done: set[str]) -> None:
    """What was begun was answered: a call without a reply was not carried out."""
    dropped = [attempt for attempt in history.failures() if attempt.request_id in done]
    assert dropped == []


UNAVAILABLE, UNANSWERED = frozenset({503}), frozenset({NO_REPLY})
FAULTS = {
    "redis flushed": Fault(flush_redis),
    "redis full": Fault(take_redis("full")),
    "redis stopped": Fault(take_redis("stopped")),
    "redis frozen": Fault(take_redis("frozen")),
    "postgres restarted": Fault(restart_postgres, UNAVAILABLE),
    "postgres crashed": Fault(crash_postgres, UNAVAILABLE),
    "connections cut": Fault(cut_connections, UNAVAILABLE, few_failures),
    "web restarted": Fault(restart_web, UNANSWERED, nothing_dropped),
    "worker killed": Fault(kill_worker, UNANSWERED),
}


def inject(fault: Fault, machine: Machine) -> Injection:
    """Bring the fault about, make it good and wait until the server says that it is ready."""
    injection = Injection(began=time.monotonic())
    fault.inject(machine, injection)
    # Five seconds are the promise for a server that kept running.
    if not machine.web.answers_within(5, "/readyz"):
        raise AssertionError(f"the server is not ready again:\n{machine.web.complaints()}")
    injection.healed = time.monotonic()
    return injection
