"""The Celery app: mails, exports, sweeps and other work outside of requests.

Redis only carries hints here. Every job has a row in PostgreSQL and a sweep
that finds forgotten rows, so a lost message costs time and never work.
"""

from __future__ import annotations

import logging
import logging.config
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from celery import Celery, Task, signals
from celery.schedules import crontab
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from kombu.exceptions import OperationalError
from redis import RedisError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
logger = logging.getLogger(__name__)

# A message that its worker lost comes back after this; every task must have ended before.
REDELIVERY_SECONDS = 120
# How long a request may wait for Redis to take a message.
PUBLISH_SECONDS = 0.1
# After a failed publish nobody tries again for this long: a hung Redis must not slow every request.
PAUSE_SECONDS = 5.0

# Every entry is an idempotent claim, so a second scheduler does no harm.
PERIODIC = {
    "config.tasks.record_heartbeat": 15,
    "sessions_app.sessions.tasks.expire_idle": 60,
    "tenants.mail.tasks.sweep_unsent": 60,
    "tenants.limits.tasks.forget_old_calls": 600,
    "billing.ledger.tasks.grant_monthly_tokens": 3600,
    "tenants.audit.tasks.verify_chains": crontab(hour="2", minute="0"),
}


def broker_url(redis_url: str) -> str:
    """The broker's URL for `redis_url`: the next database, so that keys and queues do not mix."""
    parts = urlsplit(redis_url)
    if parts.scheme == "unix":
        return f"redis+socket://{parts.path}?virtual_host=1"
    number = parts.path.strip("/")
    return urlunsplit(parts._replace(path=f"/{int(number or 0) + 1}"))


def task_modules(base: Path) -> list[str]:
    """Every `tasks.py` of the project's packages, by its dotted name."""
    files = sorted([*base.glob("*/tasks.py"), *base.glob("*/*/tasks.py")])
    folders = (file.relative_to(base).parent for file in files)
    return [".".join([*folder.parts, "tasks"]) for folder in folders if folder.parts[0].isidentifier()]


app = Celery("nessy")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    include=task_modules(settings.BASE_DIR),
    task_ignore_result=True,
    task_default_queue="nessy",
    timezone="UTC",
    # A message is done when the work is, also when the kernel kills the process at it.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # Without its broker a worker cannot acknowledge: the message comes again, so once is enough.
    worker_cancel_long_running_tasks_on_connection_loss=True,
    task_soft_time_limit=80,
    task_time_limit=100,
    worker_max_tasks_per_child=1000,
    worker_soft_shutdown_timeout=3.0,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # The transport, the results and Celery itself each have a copy; the shortest would win.
    broker_transport_options={
        "visibility_timeout": REDELIVERY_SECONDS,
        "socket_timeout": PUBLISH_SECONDS,
        "socket_connect_timeout": PUBLISH_SECONDS,
        "retry_on_timeout": False,
        "max_retries": 0,
    },
    result_backend_transport_options={"visibility_timeout": REDELIVERY_SECONDS},
    visibility_timeout=REDELIVERY_SECONDS,
    task_publish_retry=False,
    beat_schedule={name: {"task": name, "schedule": seconds} for name, seconds in PERIODIC.items()},
    beat_schedule_filename=str(settings.DATA_FOLDER / "beat-schedule"),
)


@signals.celeryd_init.connect
def _be_patient(conf: Any, **_: object) -> None:
    # The worker has nobody waiting, and a busy Redis must not look like a dead one to it.
    conf.broker_transport_options |= {"socket_timeout": 10.0, "socket_connect_timeout": 5.0}


@signals.worker_ready.connect
def _announce(**_: object) -> None:
    # The scheduler's first beat comes an interval later.
    app.send_task("config.tasks.record_heartbeat")


@signals.worker_init.connect
def _refuse_wrong_role(**_: object) -> None:
    # Looked up when it runs: models cannot be imported before the apps are ready.
    from tenants.rls import check_role, check_system_role

    try:
        check_role()
        check_system_role()
    except ImproperlyConfigured as error:
        # Celery only logs what a signal's receiver raises, unless it ends the process.
        raise SystemExit(str(error)) from error
    except DatabaseError:
        logger.warning("the database is away; its role is not checked")


@signals.setup_logging.connect
def _log_like_the_web(**_: object) -> None:
    logging.config.dictConfig(settings.LOGGING)
    # Two lines for every task would drown the rest.
    for chatty in ("celery.worker.strategy", "celery.beat"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Its line quotes the exception, which may quote a row; `_log_failure` writes one that does not.
    logging.getLogger("celery.app.trace").setLevel(logging.CRITICAL)


@signals.task_failure.connect
def _log_failure(sender: Task, exception: BaseException, **_: object) -> None:
    logger.error("a task failed", exc_info=exception, extra={"task": sender.name})


_paused_until = 0.0


def nudge(task: Task, **arguments: str) -> None:
    """Ask for a task as soon as possible; without Redis its sweep finds the row later.

    The only way that tasks are sent: call it on commit. It never raises for a
    dead Redis and never waits for long.
    """
    global _paused_until
    if time.monotonic() < _paused_until:
        return
    try:
        task.apply_async(kwargs=arguments)
    except (OperationalError, RedisError, OSError) as error:
        _paused_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("Redis takes no tasks (%s); sweeps will find them", type(error).__name__)
