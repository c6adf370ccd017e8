"""Keeps the processes of one machine running, and ends them with itself.

One thread only: the kernel's parent-death signal belongs to the thread that
started a child.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from config.embedded import Server, dies_with_parent

# Together with the servers' own stops this stays below ten seconds.
STOP_SECONDS = 5.0
LONGEST_PAUSE = 30.0
# Who lived this long is healthy again, and the next restart waits shortly.
HEALTHY_SECONDS = 60.0


@dataclass(eq=False)
class Child:
    """One process that is kept alive, or one that runs once."""

    name: str
    command: list[str]
    is_restarted: bool
    process: subprocess.Popen[bytes]
    started_at: float
    deaths: int = 0
    due_at: float | None = None
    unfinished_line: bytes = field(default=b"", repr=False)

    @property
    def output(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout


class Supervisor:
    """Starts servers and children, passes on what children print, restarts what dies."""

    def __init__(self, say: Callable[[str, str], None], *, keep_open: tuple[int, ...] = ()) -> None:
        self.say = say
        self.keep_open = keep_open
        self.environment: dict[str, str] = dict(os.environ)
        self.servers: list[Server] = []
        self.children: list[Child] = []
        self.outputs = selectors.DefaultSelector()

    def serve(self, server: Server) -> None:
        """Start an embedded server; it is stopped after every child. Raises StartFailed."""
        self.servers.append(server)
        server.start(keep_open=self.keep_open)

    def start(self, name: str, command: list[str], *, is_restarted: bool = True) -> Child:
        """Start a child beside the others."""
        child = Child(name, command, is_restarted, self._spawn(command), time.monotonic())
        self.children.append(child)
        self._listen(child)
        return child

    def run(self, name: str, command: list[str]) -> int:
        """Run a child to its end, minding the others meanwhile; return its exit code."""
        child = self.start(name, command, is_restarted=False)
        while child in self.children:
            self.watch(0.2)
        return child.process.returncode

    def watch(self, seconds: float) -> None:
        """Pass on output for at most that long, then see to whatever has died."""
        for key, _ in self.outputs.select(seconds):
            self._read(key.data)
        now = time.monotonic()
        for child in list(self.children):
            if child.due_at is not None and now >= child.due_at:
                self._revive(child)
            elif child.due_at is None and child.process.poll() is not None:
                self._bury(child)
        for server in self.servers:
            if server.has_died():
                self.say(server.name, "died; starting it again")
                server.start(keep_open=self.keep_open)

    def stop(self) -> None:
        """End children together, then the servers, last started first."""
        running = [child for child in self.children if child.process.poll() is None]
        for child in running:
            child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.process.poll() is None for child in running) and time.monotonic() < deadline:
            for key, _ in self.outputs.select(0.1):
                self._read(key.data)
        for child in self.children:
            self._end_group(child)
            self._read_rest(child)
        self.children.clear()
        for server in reversed(self.servers):
            server.stop()
        self.servers.clear()

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*dies_with_parent("TERM"), *command],
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            pass_fds=self.keep_open,
            # A group of its own: Ctrl-C reaches only us, and what a killed child leaves can be ended.
            start_new_session=True,
        )

    def _listen(self, child: Child) -> None:
        os.set_blocking(child.output.fileno(), False)
        self.outputs.register(child.output, selectors.EVENT_READ, child)

    def _read(self, child: Child) -> None:
        received = child.output.read(65536)
        if received == b"":
            self._hang_up(child)
        elif received:
            *lines, child.unfinished_line = (child.unfinished_line + received).split(b"\n")
            self._pass_on(child, lines)

    def _hang_up(self, child: Child) -> None:
        self.outputs.unregister(child.output)
        child.output.close()
        self._pass_on(child, [child.unfinished_line] if child.unfinished_line else [])
        child.unfinished_line = b""

    def _read_rest(self, child: Child) -> None:
        # What it said last often tells why it died.
        if not child.output.closed:
            self._read(child)
        if not child.output.closed:
            self._hang_up(child)

    def _pass_on(self, child: Child, lines: list[bytes]) -> None:
        for line in lines:
            self.say(child.name, line.decode(errors="replace"))

    def _bury(self, child: Child) -> None:
        self._end_group(child)
        self._read_rest(child)
        if not child.is_restarted:
            self.children.remove(child)
            return
        lived = time.monotonic() - child.started_at
        child.deaths = 1 if lived > HEALTHY_SECONDS else child.deaths + 1
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** (child.deaths - 1))
        child.due_at = time.monotonic() + pause
        code = child.process.returncode
        self.say(child.name, f"stopped with code {code}; starting it again in {pause:g} s")

    def _revive(self, child: Child) -> None:
        child.process, child.started_at, child.due_at = self._spawn(child.command), time.monotonic(), None
        self._listen(child)

    def _end_group(self, child: Child) -> None:
        # The child leads its group; workers of a killed one would keep the port and the database.
        with suppress(ProcessLookupError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
