from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import PostgreSQL, Server, StartFailed, Valkey
from tests.config.processes import is_alive, wait_until

STARTS_BOTH = """
import sys, time
from pathlib import Path
from config.embedded import PostgreSQL, Valkey
servers = [PostgreSQL(Path(sys.argv[1]), durable=False), Valkey(Path(sys.argv[1]))]
for server in servers:
    server.start()
print(*(server.process.pid for server in servers), flush=True)
time.sleep(60)
"""


def _kill(server: Server) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()


def test_stopped_server_answers_no_more(tmp_path: Path) -> None:
    server = Valkey(tmp_path)
    server.start()
    assert server.is_ready()
    server.stop()
    assert not server.is_ready()


def test_committed_row_survives_a_kill(tmp_path: Path) -> None:
    server = PostgreSQL(tmp_path)
    server.start()
    try:
        with psycopg.connect(server.admin_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (42)")
        _kill(server)
        assert server.has_died()
        server.start()
        with psycopg.connect(server.admin_url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchall() == [(42,)]
    finally:
        server.stop()


def test_queued_message_survives_a_kill(tmp_path: Path) -> None:
    server = Valkey(tmp_path)
    server.start()
    try:
        with redis.Redis.from_url(server.url) as client:
            client.rpush("queue", "message")
        _kill(server)
        server.start()
        with redis.Redis.from_url(server.url) as client:
            assert client.lrange("queue", 0, -1) == [b"message"]
    finally:
        server.stop()


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="only Linux ends children with their parent")
def test_servers_end_with_a_killed_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_BOTH, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        servers = [int(word) for word in parent.stdout.readline().split()]
        assert len(servers) == 2
        assert all(map(is_alive, servers))
        parent.kill()
    assert wait_until(lambda: not any(map(is_alive, servers)), seconds=10)


def test_start_right_after_a_killed_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_BOTH, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.kill()
    server = PostgreSQL(tmp_path, durable=False)
    server.start()
    server.stop()


def test_data_below_a_long_path_works(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 20) / "with a space"
    server = PostgreSQL(data, durable=False)
    assert not server.sockets.is_relative_to(data)
    try:
        server.start()
        with psycopg.connect(server.admin_url) as connection:
            assert connection.execute("SHOW data_directory").fetchall() == [(str(data / "postgres"),)]
    finally:
        server.stop()
        shutil.rmtree(server.sockets.parent)


def test_lock_file_of_another_program_is_forgotten(postgres: PostgreSQL) -> None:
    postgres.stop()
    (postgres.folder / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.folder}\n")
    postgres.start()
    assert postgres.is_ready()


def test_interrupted_initdb_is_done_again(tmp_path: Path) -> None:
    draft = tmp_path / "postgres.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    server = PostgreSQL(tmp_path, durable=False)
    server.start()
    server.stop()
    assert not draft.exists()


def test_failed_start_shows_the_log(postgres: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.stop()
    monkeypatch.setattr("config.embedded.RETRY_SECONDS", 0.0)
    settings = postgres.folder / "postgresql.conf"
    before = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    with pytest.raises(StartFailed, match="no_such_setting"):
        postgres.start()
    settings.write_text(before)
    postgres.start()


def test_failed_statement_is_not_logged(postgres: PostgreSQL) -> None:
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE complaint (words text PRIMARY KEY)")
        connection.execute("INSERT INTO complaint VALUES ('crushing chest pain')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO complaint VALUES ('crushing chest pain')")
        # The log is written by the backend itself, so it is complete once that has answered.
        connection.execute("SELECT 1")
    log = postgres.log.read_text()
    assert "duplicate key" in log
    assert "chest" not in log
