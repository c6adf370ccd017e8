"""A measured application as a process, and what processes use."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from config.embedded import dies_with_parent
from config.management.commands.up import THREADS_PER_WORKER
from tests.bench.ground import CORES, ROOT

READY_SECONDS = 60.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Application:
    """A WSGI application, the interpreter that runs it and the address that answers when it is up."""

    name: str
    module: str
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    alive: str = "/livez"


class Side:
    """One application under granian: one worker on the application's core, threads as `manage.py up` has."""

    def __init__(self, application: Application, log: Path) -> None:
        self.application, self.name, self.log = application, application.name, log
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.start_seconds = 0.0

    def __enter__(self) -> Self:
        began = time.perf_counter()
        with self.log.open("ab") as log:
            own, _ = CORES
            everybody = os.sched_getaffinity(0)
            # Inherited by the child; a child that moves itself may have started threads before.
            os.sched_setaffinity(0, own)
            try:
                self.process = subprocess.Popen(
                    [*dies_with_parent("TERM"), self.application.python, *self._granian()],
                    cwd=ROOT,
                    env=os.environ | dict(self.application.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            finally:
                os.sched_setaffinity(0, everybody)
        try:
            while not self._answers():
                if self.process.poll() is not None or time.perf_counter() - began > READY_SECONDS:
                    raise RuntimeError(f"{self.name} does not start:\n{self.log.read_text()[-4000:]}")
                time.sleep(0.02)
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.perf_counter() - began
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
            self.process.kill()
            self.process.wait()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def worker(self) -> int:
        """The process that answers requests."""
        return children(self.pid)[-1]

    def _granian(self) -> list[str]:
        return [
            *("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", "1", "--blocking-threads", str(THREADS_PER_WORKER)),
            *("--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "4"),
            *("--no-ws", "--log-level", "warning", self.application.module),
        ]

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self.application.alive)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processor_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes and of all that they started, also of those that ended."""
    ticks, left = 0, list(pids)
    while left:
        pid = left.pop()
        try:
            # The command's name, in brackets, may hold blanks.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            left += children(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += sum(int(value) for value in fields[11:15])
    return ticks / TICKS


def memory_megabytes(pid: int) -> tuple[float, float]:
    """Resident and proportional set size; pages shared with other processes count in part in the second."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    sizes = {line.split()[0]: int(line.split()[1]) / 1024 for line in lines[1:]}
    return sizes["Rss:"], sizes["Pss:"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
