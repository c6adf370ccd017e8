"""Work over rows of many tenants, one transaction each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
logger = logging.getLogger("nessy.sweeps")


def sweep(rows: Iterable[T], act: Callable[[T], object]) -> int:
    """Act on every row; how many acts did something.

    A row that fails is logged and left for the next sweep: one tenant's
    trouble must not hold up all the others.
    """
    done = 0
    for row in rows:
        try:
            done += bool(act(row))
        except Exception:
            logger.exception("a sweep left a row behind")
    return done
