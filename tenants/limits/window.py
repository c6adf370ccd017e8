"""The exact rolling rate window: Redis when it is there, this process's memory when it is not."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import cast

import redis
from django.conf import settings

from config.errors import RateLimited

SECONDS = 60
# After a failure Redis is left alone for this long, so that a hanging one delays few calls.
PAUSE_SECONDS = 2.0
logger = logging.getLogger("nessy.limits")


@dataclass(frozen=True, slots=True)
class Window:
    """A caller's window; `resets_at` is when the oldest counted call leaves it (unix seconds)."""

    is_admitted: bool
    limit: int
    used: int
    resets_at: int
    is_degraded: bool = False
    now: float = 0.0

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def retry_after(self) -> int:
        # Both are whole seconds, rounded up: no call stays longer than the window.
        return min(SECONDS, max(1, ceil(self.resets_at - self.now)))

    def require_admission(self) -> None:
        """Raise `RateLimited` for a call over the limit."""
        if self.is_admitted:
            return
        raise RateLimited(
            f"Rate limit of {self.limit} requests/minute exceeded.",
            detail={
                "retry_after": self.retry_after,
                "limit": self.limit,
                "limit_type": "requests_per_minute",
            },
            headers={"Retry-After": str(self.retry_after)},
        )

    def headers(self) -> dict[str, str]:
        found = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.resets_at),
            "RateLimit-Policy": f'"default";q={self.limit};w={SECONDS}',
            "RateLimit": f'"default";r={self.remaining};t={self.retry_after}',
        }
        if self.is_degraded:
            found["RateLimit-Degraded"] = "1"
        return found


def allowed_rpm(rpm: int, *, has_own_limit: bool, override: int | None) -> int:
    """A key's requests a minute: the tenant's override caps a limit of its own and replaces any other."""
    if override is None:
        return rpm
    return min(rpm, override) if has_own_limit else override


@cache
def redis_client() -> redis.Redis:
    """The connection pool for hints: fails within a quarter of a second, never retries."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=0.25,
        socket_connect_timeout=0.25,
        retry=None,
        health_check_interval=0,
    )


@cache
def _script() -> redis.commands.core.Script:
    source = Path(__file__).with_name("window.lua").read_text()
    return redis_client().register_script(source)


class _LocalWindows:
    """One process's share of every window while Redis is away."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def check(self, name: str, limit: int, *, count: bool) -> Window:
        share = max(1, limit // max(1, settings.WEB_WORKERS))
        now = time.time()
        with self._lock:
            calls = self._calls.setdefault(name, deque())
            while calls and calls[0] <= now - SECONDS:
                calls.popleft()
            is_admitted = len(calls) < share
            if is_admitted and count:
                calls.append(now)
            oldest = calls[0] if calls else now
            used = len(calls)
            if len(self._calls) > 10_000:
                self._calls = {
                    key: kept for key, kept in self._calls.items() if kept and kept[-1] > now - SECONDS
                }
        return Window(is_admitted, share, used, ceil(oldest + SECONDS), is_degraded=True, now=now)


_local = _LocalWindows()
_paused_until = 0.0


def check_window(name: str, limit: int, *, count: bool = True) -> Window:
    """Count a call of `name` against `limit` a minute; a refused call does not count.

    Fails open into a window of this process: an unreachable Redis must not stop triage.
    """
    global _paused_until
    if time.monotonic() >= _paused_until:
        try:
            reply = cast(
                "list[int | bytes]", _script()(keys=[f"nessy:window:{name}"], args=[limit, 1 if count else 0])
            )
        except redis.RedisError as error:
            _paused_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("Redis is away, limits are kept in this process: %s", type(error).__name__)
        else:
            admitted, used, oldest, now = (int(part) for part in reply)
            first = oldest or now
            return Window(bool(admitted), limit, used, ceil(first / 1e6 + SECONDS), now=now / 1e6)
    return _local.check(name, limit, count=count)
