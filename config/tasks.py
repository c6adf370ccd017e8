"""The worker's sign of life."""

from __future__ import annotations

import time

import redis
from celery import shared_task
from django.conf import settings

HEARTBEAT_KEY = "nessy:worker:heartbeat"


@shared_task
def record_heartbeat() -> None:
    """Tell readiness that scheduler, broker and worker are alive, all three at once."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1.0) as client:
        client.set(HEARTBEAT_KEY, str(time.time()))


def heartbeat_age(client: redis.Redis) -> float | None:
    """Seconds since a worker last ran the heartbeat task; None if it never did."""
    stored = client.get(HEARTBEAT_KEY)
    return None if stored is None else max(0.0, time.time() - float(stored))
