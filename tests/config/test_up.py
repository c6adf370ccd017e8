from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings

from tests.config.processes import wait_until

pytestmark = pytest.mark.faults
OURS = {"DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL", "REDIS_URL", "SECRET_KEY", "PORT"}
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]


class Up:
    """One `manage.py up` on a folder of its own, as a user starts it."""

    def __init__(self, data: Path, **variables: str) -> None:
        self.log = data.with_name("up.log")
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*MANAGE, "up", "--no-demo"],
                env=environment | {"NESSY_DATA": str(data)} | variables,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.log.read_text()

    def port(self) -> int:
        """The port it printed, once it is ready."""
        wait_until(lambda: "READY" in self.said() or self.process.poll() is not None, seconds=90)
        found = re.search(r"READY http://localhost:(\d+)", self.said())
        assert found, self.said()
        return int(found[1])

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port(), timeout=5)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(15)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def up(data: Path) -> Iterator[Up]:
    started = Up(data)
    yield started
    with suppress(ProcessLookupError):
        started.stop()


def _leads(pid: int) -> dict[str, int]:
    """The children of a process: first distinguishing word of the command line → pid."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    names = ("granian", "worker", "beat", "bin/postgres", "valkey-server")
    lines = {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in children}
    return {name: child for child, line in lines.items() for name in names if name in line}


def test_it_serves_and_stops_within_ten_seconds(up: Up) -> None:
    assert up.answers()
    began = time.monotonic()
    assert up.stop() == 0
    assert time.monotonic() - began < 10
    assert not up.answers()


def test_second_start_on_the_same_folder_is_refused(up: Up, data: Path) -> None:
    up.port()
    second = subprocess.run(
        [*MANAGE, "up"],
        env={**os.environ, "NESSY_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert second.returncode != 0
    assert "already runs" in second.stderr


def test_start_after_a_kill_works(up: Up, data: Path) -> None:
    up.port()
    up.process.kill()
    up.process.wait()
    again = Up(data)
    try:
        assert again.answers()
    finally:
        again.stop()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the children by /proc")
def test_every_killed_process_comes_back(up: Up) -> None:
    up.port()
    wait_until(lambda: len(_leads(up.process.pid)) == 5, seconds=10)
    before = _leads(up.process.pid)
    for pid in before.values():
        os.kill(pid, 9)
    assert wait_until(lambda: _replaced(before, _leads(up.process.pid)), seconds=20), up.said()
    assert wait_until(up.answers, seconds=20)


def _replaced(before: dict[str, int], now: dict[str, int]) -> bool:
    return set(now) == set(before) and all(now[name] != before[name] for name in before)


def test_two_copies_started_together_get_a_port_each(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    copies = [Up(tmp_path / "a" / "data"), Up(tmp_path / "b" / "data")]
    try:
        assert len({copy.port() for copy in copies}) == 2
        assert all(wait_until(copy.answers, seconds=30) for copy in copies)
    finally:
        for copy in copies:
            copy.stop()


def test_taken_port_that_was_asked_for_is_refused(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = Up(data, PORT=str(taken.getsockname()[1]))
        assert refused.process.wait(30) != 0
        assert "is taken; set PORT" in refused.said()
