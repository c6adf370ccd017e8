"""One operation, one transaction: what it saves, charges, records and announces is its last statement.

Rows that many requests of a tenant contend for (its balance, the head of its
audit chain) are locked by that statement only, so that one busy tenant is held
up for the length of a commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import orjson

from tenants.actor import Actor
from tenants.rls import tenant_transaction
from tenants.rows import run

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Write:
    """A part of the statement that ends a transaction: an INSERT, an UPDATE, or a SELECT of a function.

    With `then`, its rows are given to it as dicts, after the whole statement,
    and it takes its locks in the order of the parts.
    """

    sql: str
    params: Sequence[object]
    then: Callable[[list[dict[str, Any]]], None] | None = None


Closer = Callable[[Actor, list[Any]], Write]


@dataclass(slots=True)
class Work:
    """A transaction under way and the rows it will end with."""

    actor: Actor
    started: float = field(default_factory=time.perf_counter)
    tokens_charged: int | None = None
    # Whom the stored reply is about, so that an erasure finds it.
    about_session: Any = None
    about_patient: Any = None
    _closers: dict[str, tuple[int, Closer, list[Any]]] = field(default_factory=dict)

    def at_end(self, order: int, closer: Closer, row: Any) -> None:
        """Have `closer(actor, rows)` called once for the write of all its rows; a lower order comes first.

        Orders are the order of locks (rows of the session 0, balance 10, events 20, audit 30): the same
        everywhere, so no deadlock.
        """
        name = f"{closer.__module__}.{closer.__qualname__}"
        self._closers.setdefault(name, (order, closer, []))[2].append(row)

    def milliseconds(self) -> int:
        return round((time.perf_counter() - self.started) * 1000)

    def write_rows(self) -> None:
        """Write the rows of order 0 now: an operation that follows in this transaction must find them."""
        self._write(0)

    def close(self) -> None:
        """Write everything."""
        # What was written may call for more: a balance that crossed a threshold is announced.
        while self._closers:
            self._write(max(order for order, _, _ in self._closers.values()))

    def _write(self, highest: int) -> None:
        due = {name: closer for name, closer in self._closers.items() if closer[0] <= highest}
        if due:
            self._closers = {name: kept for name, kept in self._closers.items() if name not in due}
            in_order = sorted(due.values(), key=lambda closer: closer[0])
            _write([closer(self.actor, rows) for _, closer, rows in in_order])


def _write(parts: list[Write]) -> None:
    """Run the parts as one statement: each sees the database as it was before, except inside functions."""
    texts = ", ".join(f"w{place} AS ({part.sql})" for place, part in enumerate(parts))
    # Parts that somebody waits for run as they are named here; the others follow.
    waited = [(place, part.then) for place, part in enumerate(parts) if part.then]
    results = ", ".join(f"(SELECT jsonb_agg(w{place}) FROM w{place})" for place, _ in waited)  # noqa: S608
    rows = run(f"WITH {texts} SELECT {results}", [value for part in parts for value in part.params])  # noqa: S608
    for (_, then), found in zip(waited, rows[0] if waited else (), strict=True):
        then(orjson.loads(found or "[]"))


_current: ContextVar[Work | None] = ContextVar("work", default=None)


def current_work() -> Work:
    """The work under way; operations run inside one always."""
    work = _current.get()
    if work is None:
        raise RuntimeError("no operation is under way")
    return work


@contextmanager
def work_of(actor: Actor) -> Iterator[Work]:
    """The transaction of the actor's tenant; inside one that is open already, that one."""
    open_work = _current.get()
    if open_work is not None:
        if open_work.actor.tenant_id != actor.tenant_id:
            raise RuntimeError("one transaction cannot serve two tenants")
        yield open_work
        return
    work = Work(actor)
    token = _current.set(work)
    try:
        with tenant_transaction(actor.tenant_id):
            yield work
            work.close()
    finally:
        _current.reset(token)


def operation(function: Callable[P, T]) -> Callable[P, T]:
    """Run an operation (keyword-only, `actor` among its arguments) as one transaction."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with work_of(cast("Actor", kwargs["actor"])) as work:
            work.write_rows()
            return function(*args, **kwargs)

    return run
