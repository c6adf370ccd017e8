"""Everything in one terminal: database, Redis, migrations, web, worker, scheduler, demo data."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sys
from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.migrations.loader import MigrationLoader

from config.data_folder import FolderRefused, ensure_secret_key, hold_alone
from config.embedded import PostgreSQL, StartFailed, Valkey
from config.provisioning import VARIABLES, Plan, ProvisioningRefused, provision
from config.supervisor import Supervisor

# The processes of a killed run end by themselves within this time.
LEFTOVER_SECONDS = 15.0
# So many deaths before the first answer are no accident.
HOPELESS_DEATHS = 3
THREADS_PER_WORKER = 4
PORTS_TO_TRY = 50


class Command(BaseCommand):
    help = (
        "Run all of Nessy in this terminal until Ctrl-C; brings its own PostgreSQL and Redis if none are set."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo",
            action=BooleanOptionalAction,
            help="make demo data on the first run (default: only in a database without tenants)",
        )

    def handle(self, *, demo: bool | None, **options: object) -> None:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, _leave)
        data: Path = settings.DATA_FOLDER
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            supervisor = Supervisor(self._say, keep_open=(_claim(data),))
            # The checks would import everything once more, in each of Celery's processes.
            supervisor.environment |= {
                "NESSY_DATA": str(data),
                "PYTHONUNBUFFERED": "1",
                "CELERY_SKIP_CHECKS": "1",
            }
            supervisor.environment.setdefault("SECRET_KEY", ensure_secret_key(data))
            try:
                self._run(supervisor, data, demo)
            finally:
                # A second Ctrl-C must not leave half of them behind.
                for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(name, signal.SIG_IGN)
                supervisor.stop()
        except (FolderRefused, StartFailed, ProvisioningRefused, psycopg.OperationalError, OSError) as error:
            raise CommandError(str(error)) from error

    def _run(self, supervisor: Supervisor, data: Path, demo: bool | None) -> None:
        host = os.environ.get("NESSY_HOST", "127.0.0.1")
        with _reserve_port(host, settings.PORT, is_fixed="PORT" in os.environ) as reservation:
            port = reservation.getsockname()[1]
            supervisor.environment["PORT"] = str(port)
            _provide_servers(supervisor, data)
            _tell_servers(supervisor, data)
            _migrate(supervisor)
            address = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104
            _start_web(supervisor, host, address, port)
            for name, command in _celery().items():
                supervisor.start(name, command)
            self._say("nessy", f"READY http://{'localhost' if address == '127.0.0.1' else address}:{port}")
            self._show_demo(supervisor, data, demo)
            while True:
                supervisor.watch(1.0)

    def _show_demo(self, supervisor: Supervisor, data: Path, demo: bool | None) -> None:
        made = data / "demo.json"
        if made.is_file():
            for line in made.read_text().splitlines():
                self._say("demo", line)
        elif demo is not False:
            forced = ["--beside-others"] if demo else []
            supervisor.start("demo", [*_manage("make_demo"), *forced], is_restarted=False)

    def _say(self, name: str, line: str) -> None:
        self.stdout.write(f"{name:8} | {line}")
        self.stdout.flush()


def _claim(data: Path) -> int:
    """Make sure that we are alone on the folder; return the descriptor that every child inherits."""
    try:
        hold_alone(data / "up.lock")
    except FolderRefused as error:
        raise FolderRefused(
            f"Nessy already runs on {data}. Stop it, or set NESSY_DATA to another folder."
        ) from error
    # The first lock ends with us, this one with the last child.
    return hold_alone(data / "children.lock", wait_seconds=LEFTOVER_SECONDS)


def _provide_servers(supervisor: Supervisor, data: Path) -> None:
    given = [variable for variable in VARIABLES if os.environ.get(variable)]
    if not given:
        postgres = PostgreSQL(data)
        supervisor.serve(postgres)
        supervisor.environment |= provision(postgres.admin_url, Plan("nessy", {}))
        supervisor.environment["NESSY_EMBEDDED"] = "1"
    elif given == ["DATABASE_URL"]:
        admin_url = os.environ["DATABASE_URL"]
        plan = Plan.derived_from(admin_url, supervisor.environment["SECRET_KEY"])
        supervisor.environment |= provision(admin_url, plan)
    elif len(given) < len(VARIABLES):
        raise CommandError(
            f"set all of {', '.join(VARIABLES)}, or only DATABASE_URL with an administrative role"
        )
    if not os.environ.get("REDIS_URL"):
        valkey = Valkey(data)
        supervisor.serve(valkey)
        supervisor.environment["REDIS_URL"] = valkey.url


def _tell_servers(supervisor: Supervisor, data: Path) -> None:
    # For commands in another terminal, such as `manage.py check_ledger`.
    told = {name: supervisor.environment[name] for name in (*VARIABLES, "REDIS_URL")}
    target = data / "services.json"
    target.touch(mode=0o600)
    target.write_text(json.dumps(told))


def _start_web(supervisor: Supervisor, host: str, address: str, port: int) -> None:
    command = ["-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    command += ["--workers", str(settings.WEB_WORKERS), "--blocking-threads", str(THREADS_PER_WORKER)]
    # Without respawning, the end of one worker would be the end of the server.
    command += ["--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "4"]
    command += ["--no-ws", "--log-level", "warning", "config.wsgi:application"]
    web = supervisor.start("web", [sys.executable, *command])
    while not _answers(address, port):
        supervisor.watch(0.2)
        if web.deaths >= HOPELESS_DEATHS:
            raise CommandError("the web server does not start; see above")


def _celery() -> dict[str, list[str]]:
    # Its advice against root is about pickled messages; ours are JSON.
    celery = [sys.executable, "-W", "ignore:You're running the worker", "-m", "celery", "--quiet"]
    celery += ["--app", "config.celery"]
    silent = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return {
        "worker": [*celery, "worker", "--concurrency", "2", *silent],
        "beat": [*celery, "beat", "--pidfile", ""],
    }


def _migrate(supervisor: Supervisor) -> None:
    if _is_migrated(supervisor.environment["DATABASE_OWNER_URL"]):
        return
    if supervisor.run("migrate", _manage("migrate", "--database", "owner", "--skip-checks")) != 0:
        raise CommandError("the migrations failed; see above")


def _is_migrated(owner_url: str) -> bool:
    """Whether every migration on disk is in the database; asking is faster than `migrate`."""
    with psycopg.connect(owner_url) as connection:
        if connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
            return False
        applied = set(connection.execute("SELECT app, name FROM django_migrations").fetchall())
    return applied.issuperset(MigrationLoader(None).disk_migrations)


def _reserve_port(host: str, wanted: int, *, is_fixed: bool) -> socket.socket:
    """A socket that keeps the port for our web server, which can bind beside it.

    Without it two copies that start together would serve on one port. Raises CommandError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(wanted, wanted + (1 if is_fixed else PORTS_TO_TRY)):
        reservation = socket.socket(family, socket.SOCK_STREAM)
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # Or connections that have just ended would make the port look taken.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
            reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            reservation.bind((host, port))
        except OSError:
            reservation.close()
        else:
            return reservation
    raise CommandError(f"port {wanted} on {host} is taken; set PORT to another one")


def _answers(address: str, port: int) -> bool:
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _manage(*words: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *words]


def _leave(number: int, frame: object) -> None:
    raise SystemExit(0)
