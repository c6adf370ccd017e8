"""One operation, one transaction: what it charges, records and announces is written last.

Rows that many requests of a tenant contend for (its balance, the head of its
audit chain) are locked by the last statements before the commit, so that one
busy tenant is held up for the length of a commit only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from tenants.actor import Actor
from tenants.rls import tenant_transaction

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Work:
    """A transaction under way and the rows it will end with."""

    actor: Actor
    started: float = field(default_factory=time.perf_counter)
    tokens_charged: int | None = None
    # Whom the stored reply is about, so that an erasure finds it.
    about_session: Any = None
    about_patient: Any = None
    _closers: dict[str, tuple[int, Callable[[Actor, list[Any]], None], list[Any]]] = field(
        default_factory=dict
    )

    def at_end(self, order: int, closer: Callable[[Actor, list[Any]], None], row: Any) -> None:
        """Have `closer(actor, rows)` called once with all its rows; a lower order comes first.

        Orders are the order of locks (balance 10, events 20, audit 30): the same everywhere, so no deadlock.
        """
        self._closers.setdefault(f"{closer.__module__}.{closer.__qualname__}", (order, closer, []))[2].append(
            row
        )

    def milliseconds(self) -> int:
        return round((time.perf_counter() - self.started) * 1000)

    def _close(self) -> None:
        while self._closers:
            name = min(self._closers, key=lambda key: self._closers[key][0])
            _, closer, rows = self._closers.pop(name)
            closer(self.actor, rows)


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
            work._close()
    finally:
        _current.reset(token)


def operation(function: Callable[P, T]) -> Callable[P, T]:
    """Run an operation (keyword-only, `actor` among its arguments) as one transaction."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with work_of(cast("Actor", kwargs["actor"])):
            return function(*args, **kwargs)

    return run
