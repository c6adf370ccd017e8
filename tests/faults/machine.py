"""A PostgreSQL, a Valkey and a web server of the fault tests' own, to be stopped and cut at will."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest
import redis
from django.core.management import call_command
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from config.embedded import PostgreSQL, Valkey
from config.provisioning import Plan, provision
from tests.live import DATABASE_VARIABLES, LiveServer


class TimekeepingPostgreSQL(PostgreSQL):
    """One that remembers when each transaction was committed."""

    def command(self) -> list[str]:
        return [*super().command(), "-c", "track_commit_timestamp=on"]

    def crash(self) -> None:
        """End it at once, as a power cut would: it has to recover from its log."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)
        self.process = None


class RestartableServer(LiveServer):
    """A web server that may be ended and started again on its port."""

    def terminate(self, seconds: float) -> float:
        """Send SIGTERM; how long the server took to end. Raises TimeoutExpired."""
        assert self.process is not None
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(seconds)
        took = time.monotonic() - began
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process = None
        return took

    def start(self) -> None:
        self.__enter__()

    def complaints(self) -> str:
        """The end of what it logged beside the requests."""
        return "\n".join(
            [line for line in self.said().splitlines() if '"message":"request"' not in line][-20:]
        )

    def serving_workers(self) -> int:
        """How many workers have loaded: each listens on the port with a socket of its own."""
        place, listening = f":{self.port:04X}", "0A"
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(line[1].endswith(place) and line[3] == listening for line in lines)

    def stop(self) -> None:
        super().stop()
        self.reservation.close()
        self.log.close()


class Machine:
    """The servers; while it is entered, this process's database connections lead to it too.

    Servers must be stopped and started by the thread that entered: the kernel ends them with it.
    """

    def __init__(self, data: Path) -> None:
        # Durable: what was committed must outlive a crash.
        self.postgres, self.valkey = TimekeepingPostgreSQL(data), Valkey(data, durable=False)
        self.variables: dict[str, str] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for server in (self.postgres, self.valkey):
                stack.callback(server.stop)
                server.start()
            self.variables = provision(self.postgres.admin_url, Plan("nessy", {}))
            stack.enter_context(_connected_to(self.variables))
            call_command("migrate", database="owner", skip_checks=True, verbosity=0)
            self.variables["REDIS_URL"] = self.valkey.url
            self.web = stack.enter_context(RestartableServer(**self.variables))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start_postgres(self) -> None:
        """Start PostgreSQL again; what this process held open of the former one is dropped."""
        connections.close_all()
        self.postgres.start()

    @contextmanager
    def redis_away(self, how: str) -> Iterator[None]:
        """Redis stopped, frozen so that it takes connections and never replies, or out of memory."""
        with {"stopped": self._stopped, "frozen": self._frozen, "full": self._full}[how]():
            yield

    @contextmanager
    def _stopped(self) -> Iterator[None]:
        self.valkey.stop()
        try:
            yield
        finally:
            self.valkey.start()

    @contextmanager
    def _frozen(self) -> Iterator[None]:
        assert self.valkey.process is not None
        self.valkey.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.valkey.process.send_signal(signal.SIGCONT)

    @contextmanager
    def _full(self) -> Iterator[None]:
        with redis.Redis.from_url(self.valkey.url) as client:
            client.set("ballast", "x" * 2_000_000)
            client.config_set("maxmemory", "1mb")
            try:
                with pytest.raises(redis.OutOfMemoryError):
                    client.set("more", "")
                yield
            finally:
                client.config_set("maxmemory", "0")
                client.delete("ballast")

    def flush_redis(self) -> None:
        with redis.Redis.from_url(self.valkey.url) as client:
            client.flushall()

    @contextmanager
    def as_superuser(self, database: str = "nessy") -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.postgres.url("postgres", database), autocommit=True) as connection:
            yield connection

    def cut_connections(self) -> int:
        """End every connection of the web server to its database; how many there were."""
        with self.as_superuser() as connection:
            cut = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = 'nessy' AND pid <> pg_backend_pid() AND NOT pid = ANY(%s)",
                [[own.connection.info.backend_pid for own in connections.all() if own.connection]],
            )
            return cut.rowcount


@contextmanager
def _connected_to(variables: dict[str, str]) -> Iterator[None]:
    """Lead Django's connections of this process to another server."""
    kept = {}
    connections.close_all()
    for variable, alias in DATABASE_VARIABLES.items():
        target, place = connections[alias].settings_dict, conninfo_to_dict(variables[variable])
        kept[alias] = dict(target)
        target |= {
            "HOST": place["host"],
            "USER": place["user"],
            "NAME": place["dbname"],
            "PASSWORD": "",
            "PORT": "",
        }
        target["OPTIONS"] = {name: value for name, value in target["OPTIONS"].items() if name != "host"}
    try:
        yield
    finally:
        connections.close_all()
        for alias, former in kept.items():
            connections[alias].settings_dict.update(former)
