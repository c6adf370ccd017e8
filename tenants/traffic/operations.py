"""Counting calls: each process adds up in memory and writes its sums every few seconds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import datetime
from multiprocessing.util import Finalize
from uuid import UUID

from django.db import Error, connection

from tenants.actor import Actor
from tenants.rls import tenant_transaction
from tenants.rows import as_json, insertion, run
from tenants.traffic.histogram import BUCKETS, bucket_of
from tenants.traffic.models import TrafficHour

FLUSH_SECONDS = 5.0
# The sums of a row that is there already grow by ours; histograms add up bucket by bucket.
ADD = f"""
    {insertion(TrafficHour)} ON CONFLICT (tenant_id, livemode, hour_at, key_id, route) DO UPDATE SET
        calls = tenants_traffichour.calls + EXCLUDED.calls,
        throttled = tenants_traffichour.throttled + EXCLUDED.throttled,
        client_errors = tenants_traffichour.client_errors + EXCLUDED.client_errors,
        server_errors = tenants_traffichour.server_errors + EXCLUDED.server_errors,
        durations = ARRAY(SELECT ours + more
            FROM unnest(tenants_traffichour.durations, EXCLUDED.durations) AS bucket (ours, more))
"""  # noqa: S608  # names of columns
logger = logging.getLogger("nessy.traffic")

Place = tuple[UUID, bool, UUID | None, str, datetime]


class Counter:
    """The sums of this process since the last flush; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[Place, TrafficHour] = {}

    def add(self, *, actor: Actor, route: str, status: int, milliseconds: float) -> None:
        """Count one answered call."""
        hour = actor.now().replace(minute=0, second=0, microsecond=0)
        key_id = actor.id if actor.kind == "key" else None
        place = (actor.tenant_id, actor.livemode, key_id, route, hour)
        bucket = bucket_of(milliseconds)
        with self._lock:
            row = self._sums.get(place)
            if row is None:
                row = self._sums[place] = _empty(place)
            row.calls += 1
            row.throttled += status == 429
            row.client_errors += 400 <= status < 500
            row.server_errors += status >= 500
            row.durations[bucket] += 1

    def flush(self) -> None:
        """Add the sums to the table, tenant by tenant; what cannot be written is kept for the next time."""
        for tenant_id in {place[0] for place in list(self._sums)}:
            rows = self._take(tenant_id)
            try:
                with tenant_transaction(tenant_id):
                    run(ADD, [as_json(rows)])
            except Error:
                self._give_back(rows)
                raise

    def _take(self, tenant_id: UUID) -> list[TrafficHour]:
        with self._lock:
            places = [place for place in self._sums if place[0] == tenant_id]
            # One order for all processes, so that no two wait for each other's rows.
            rows = [self._sums.pop(place) for place in places]
        return sorted(rows, key=lambda row: (row.livemode, row.hour_at, str(row.key_id), row.route))

    def _give_back(self, rows: Iterable[TrafficHour]) -> None:
        with self._lock:
            for row in rows:
                place = (row.tenant_id, row.livemode, row.key_id, row.route, row.hour_at)
                kept = self._sums.setdefault(place, _empty(place))
                kept.calls += row.calls
                kept.throttled += row.throttled
                kept.client_errors += row.client_errors
                kept.server_errors += row.server_errors
                kept.durations = [one + two for one, two in zip(kept.durations, row.durations, strict=True)]


def _empty(place: Place) -> TrafficHour:
    tenant_id, livemode, key_id, route, hour_at = place
    return TrafficHour(
        tenant_id=tenant_id,
        livemode=livemode,
        key_id=key_id,
        route=route,
        hour_at=hour_at,
        calls=0,
        throttled=0,
        client_errors=0,
        server_errors=0,
        durations=[0] * BUCKETS,
    )


counter = Counter()


def keep_flushing() -> None:
    """Flush every few seconds from a thread of its own, and once more when the process ends.

    Lossy by design: what a killed process has counted since its last flush is not counted.
    """
    threading.Thread(target=_flush_forever, name="traffic", daemon=True).start()
    # A server's worker is a process of `multiprocessing`, which does not run what `atexit` was given.
    Finalize(None, _try_to_flush, exitpriority=0)


def _flush_forever() -> None:
    pause = threading.Event()
    while True:
        pause.wait(FLUSH_SECONDS)
        _try_to_flush()


def _try_to_flush() -> None:
    try:
        counter.flush()
    except Error as error:
        logger.warning("calls are counted on in memory: %s", type(error).__name__)
        connection.close()
