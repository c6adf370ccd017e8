"""What clients did and saw, as they remember it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.config.processes import wait_until

# In place of a status: the connection broke before the reply was whole.
NO_REPLY = 0
# Sent as a POST with an Idempotency-Key.
KEYED = ("create", "answer", "skip", "route", "finalize")


@dataclass(slots=True)
class Attempt:
    """One request; times are seconds of the monotonic clock."""

    request_id: str
    began: float
    ended: float = 0.0
    status: int = NO_REPLY
    content: bytes = b""
    tokens: int = 0
    is_replay: bool = False
    is_busy: bool = False
    error: str = ""

    @property
    def is_final(self) -> bool:
        """Whether a client takes this for its answer instead of trying again."""
        return 0 < self.status < 500 and not self.is_busy

    @property
    def is_failure(self) -> bool:
        return self.status == NO_REPLY or self.status >= 500


@dataclass(slots=True)
class Call:
    """What a client wants once, however often it has to ask."""

    tenant: str
    kind: str
    session_id: str = ""
    # What an answer says: question and words, or no words for a skip.
    said: tuple[str, str] = ("", "")
    tokens: int = 0
    key: str = ""
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def is_keyed(self) -> bool:
        return self.kind in KEYED

    @property
    def finals(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.is_final]

    @property
    def reply(self) -> Attempt:
        """The answer: of two copies, one of which may have been refused, what was carried out."""
        return min(self.finals, key=lambda attempt: (attempt.status >= 400, attempt.ended))

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.reply.content)
        return found

    @property
    def began(self) -> float:
        return min(attempt.began for attempt in self.attempts)

    @property
    def ended(self) -> float:
        return self.reply.ended

    def __str__(self) -> str:
        told = [attempt.error or str(attempt.status) for attempt in self.attempts[-5:]]
        return f"{self.kind} {self.session_id} {self.said[0]}: {', '.join(told)}"


class History:
    """The calls of all threads."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def calls(self, tenant: str = "") -> list[Call]:
        with self._lock:
            return [call for call in self._calls if tenant in ("", call.tenant)]

    def wait_for(self, count: int) -> None:
        """Until so many more calls have begun; raises TimeoutError when they get stuck."""
        wanted = len(self.calls()) + count
        if not wait_until(lambda: len(self.calls()) >= wanted, seconds=180):
            raise TimeoutError("the clients got stuck")

    def attempts(self) -> Iterator[Attempt]:
        return (attempt for call in self.calls() for attempt in call.attempts)

    def failures(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts() if attempt.is_failure]
