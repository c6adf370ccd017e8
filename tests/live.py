"""The product's web server as a process of its own, on this worker's test database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import urlsplit, urlunsplit

import httpx
from django.conf import settings
from django.db import connections

from config.embedded import dies_with_parent

DATABASE_VARIABLES = {
    "DATABASE_URL": "default",
    "DATABASE_OWNER_URL": "owner",
    "DATABASE_SYSTEM_URL": "system",
}
READY_SECONDS = 120.0
GRANIAN = [
    *("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
    *("--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", "--respawn-interval", "0.5"),
    *("--workers-kill-timeout", "4", "--no-ws", "--log-level", "warning", "config.wsgi:application"),
]


class LiveServer:
    """Two web workers on a free port; `variables` replace those of this process."""

    def __init__(self, **variables: str) -> None:
        # Held as long as the server lives, which may bind beside it: no other server gets the port.
        self.reservation = _reserve_port()
        self.port: int = self.reservation.getsockname()[1]
        # The public client takes plain HTTP from this name only.
        self.url = f"http://localhost:{self.port}"
        self.environment = os.environ | _own_database() | _own_redis() | variables
        self.process: subprocess.Popen[bytes] | None = None
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the server

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [*dies_with_parent("TERM"), sys.executable, *GRANIAN, "--port", str(self.port)],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if not self.answers_within(READY_SECONDS):
            said = self.said()
            self.stop()
            raise AssertionError(f"the server does not answer:\n{said}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server and the workers that may have outlived it."""
        if self.process is None:
            return
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        self.reservation.close()
        self.log.close()

    def answers_within(self, seconds: float, path: str = "/livez") -> bool:
        """Whether a GET of the path gives 200 before that time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process is not None and self.process.poll() is None:
            try:
                if httpx.get(self.url + path, timeout=5).status_code == 200:
                    return True
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        return False

    def workers(self) -> list[int]:
        """Process ids of the web workers now."""
        assert self.process is not None
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def client(self, key: str = "", **options: Any) -> httpx.Client:
        """A client that sends the key; it may be shared by threads."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        limits = httpx.Limits(max_connections=100)
        return httpx.Client(base_url=self.url, headers=headers, limits=limits, **{"timeout": 30.0, **options})

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")


def _reserve_port() -> socket.socket:
    reservation = socket.socket()
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reservation.bind(("127.0.0.1", 0))
    return reservation


def _own_database() -> dict[str, str]:
    """This process's database, under each role, as the URLs that the server reads."""
    found = {}
    for variable, alias in DATABASE_VARIABLES.items():
        url = urlsplit(os.environ[variable])
        found[variable] = urlunsplit(url._replace(path=f"/{connections[alias].settings_dict['NAME']}"))
    return found


def _own_redis() -> dict[str, str]:
    # Tests in this process are the same address; together they could fill its window of public calls.
    return {"REDIS_URL": settings.REDIS_URL.partition("?")[0] + "?db=1"}
