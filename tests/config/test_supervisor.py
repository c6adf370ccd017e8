from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import Valkey
from config.supervisor import Child, Supervisor
from tests.config.processes import is_alive, wait_until

SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
# Ends with a process of its own left behind, as a killed web server leaves its workers.
LEAVES_ONE_BEHIND = """
import os, signal, subprocess, sys
left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(left.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
IGNORES_TERM = (
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)


class Said(list[tuple[str, str]]):
    def __call__(self, name: str, line: str) -> None:
        self.append((name, line))


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def supervisor(said: Said) -> Iterator[Supervisor]:
    made = Supervisor(said)
    yield made
    made.stop()


def _watch_until(supervisor: Supervisor, said: Said, line: tuple[str, str], times: int = 1) -> None:
    deadline = time.monotonic() + 20
    while said.count(line) < times:
        assert time.monotonic() < deadline, said
        supervisor.watch(0.1)


def _start(supervisor: Supervisor, code: str) -> Child:
    return supervisor.start("child", [sys.executable, "-c", code])


def test_run_returns_the_exit_code_and_passes_output_on(supervisor: Supervisor, said: Said) -> None:
    code = "import sys; print('one'); print('two', file=sys.stderr, end=''); sys.exit(3)"
    assert supervisor.run("job", [sys.executable, "-u", "-c", code]) == 3
    assert said == [("job", "one"), ("job", "two")]


def test_dead_child_is_started_again_and_said(supervisor: Supervisor, said: Said) -> None:
    child = _start(supervisor, SLEEPS)
    _watch_until(supervisor, said, ("child", "up"))
    child.process.kill()
    _watch_until(supervisor, said, ("child", "up"), times=2)
    assert ("child", "stopped with code -9; starting it again in 0.5 s") in said


def test_pause_grows_while_it_keeps_dying(supervisor: Supervisor, said: Said) -> None:
    _start(supervisor, "raise SystemExit(7)")
    _watch_until(supervisor, said, ("child", "stopped with code 7; starting it again in 2 s"))


def test_what_a_killed_child_leaves_is_ended(supervisor: Supervisor, said: Said) -> None:
    child = _start(supervisor, LEAVES_ONE_BEHIND)
    while not child.deaths:
        supervisor.watch(0.1)
    left = int(said[0][1])
    assert wait_until(lambda: not is_alive(left), seconds=5)


def test_dead_server_is_started_again(supervisor: Supervisor, said: Said, tmp_path: Path) -> None:
    server = Valkey(tmp_path)
    supervisor.serve(server)
    assert server.process is not None
    server.process.kill()
    _watch_until(supervisor, said, ("valkey", "died; starting it again"))
    assert server.is_ready()


def test_stop_ends_also_who_does_not_listen(
    supervisor: Supervisor, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.supervisor.STOP_SECONDS", 0.5)
    child = _start(supervisor, IGNORES_TERM)
    _watch_until(supervisor, said, ("child", "deaf"))
    supervisor.stop()
    assert not is_alive(child.process.pid)
