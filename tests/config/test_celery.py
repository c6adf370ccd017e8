from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from kombu import pools

from config import celery
from config.celery import PERIODIC, app, broker_url, nudge, task_modules
from config.embedded import Valkey
from config.tasks import record_heartbeat


@pytest.mark.parametrize(
    ("redis_url", "expected"),
    [
        ("unix:///run/nessy/valkey.sock?db=0", "redis+socket:///run/nessy/valkey.sock?virtual_host=1"),
        ("redis://localhost:6379", "redis://localhost:6379/1"),
        (
            "rediss://:word@cache:6380/4?ssl_cert_reqs=required",
            "rediss://:word@cache:6380/5?ssl_cert_reqs=required",
        ),
    ],
)
def test_broker_has_the_next_database(redis_url: str, expected: str) -> None:
    assert broker_url(redis_url) == expected


def test_tasks_of_every_slice_are_found(tmp_path: Path) -> None:
    for name in ("config", "billing/ledger", "billing/usage", ".hidden/x"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("config", "billing/ledger", ".hidden/x"):
        (tmp_path / name / "tasks.py").touch()
    assert task_modules(tmp_path) == ["billing.ledger.tasks", "config.tasks"]


def test_every_periodic_task_exists() -> None:
    app.loader.import_default_modules()
    assert set(PERIODIC) - set(app.tasks) == set()


def test_tasks_are_sent_by_nudge_only() -> None:
    # Whatever sends by itself may wait for a dead Redis, and may not know our broker.
    folders = ("config", "tenants", "webhooks_app", "billing", "sessions_app")
    files = (file for folder in folders for file in (settings.BASE_DIR / folder).rglob("*.py"))
    sends = re.compile(r"\.(delay|delay_on_commit|apply_async|apply_async_on_commit|send_task)\(")
    assert [file.name for file in files if sends.search(file.read_text())] == ["celery.py"]


def test_every_task_ends_before_its_message_comes_again() -> None:
    assert app.conf.task_time_limit < celery.REDELIVERY_SECONDS
    assert app.conf.broker_transport_options["visibility_timeout"] == celery.REDELIVERY_SECONDS


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """A broker of its own, so that it may be frozen and stopped."""
    server = Valkey(tmp_path, durable=False)
    server.start()
    usual = app.conf.broker_url
    _use_broker(broker_url(server.url))
    monkeypatch.setattr(celery, "_paused_until", 0.0)
    yield server
    _use_broker(usual)
    server.stop()


def _use_broker(url: str) -> None:
    app.pool.force_close_all()
    # What was closed would be handed out again to the tests after this one.
    pools.reset()  # type: ignore[no-untyped-call]  # kombu has no types
    app.conf.broker_url = app.conf.broker_write_url = app.conf.broker_read_url = url
    # Celery keeps both pools for the life of a process.
    app.amqp._producer_pool = app._pool = None


@pytest.mark.usefixtures("broker")
def test_nudge_sends_the_task() -> None:
    nudge(record_heartbeat)
    with app.connection_for_read() as connection:
        assert connection.default_channel.queue_declare("nessy", passive=True).message_count == 1


def test_hung_redis_delays_one_nudge_and_not_the_next(broker: Valkey) -> None:
    nudge(record_heartbeat)
    assert broker.process is not None
    broker.process.send_signal(signal.SIGSTOP)
    try:
        began = time.perf_counter()
        nudge(record_heartbeat)
        first = time.perf_counter()
        nudge(record_heartbeat)
        assert first - began < 0.25
        assert time.perf_counter() - first < 0.01
    finally:
        broker.process.send_signal(signal.SIGCONT)


def test_nudges_go_through_again_after_redis_is_back(broker: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    broker.stop()
    nudge(record_heartbeat)
    broker.start()
    monkeypatch.setattr(celery, "_paused_until", 0.0)
    nudge(record_heartbeat)
    assert celery._paused_until == 0.0


def test_broker_of_the_tests_is_their_own() -> None:
    assert app.conf.broker_url == broker_url(settings.REDIS_URL)
