"""Statements about tables of tenants that leave the tenant, or the mode, to row-level security."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor

from tenants.scoping import LivemodeQuerySet
from tests.isolation.tables import tenant_tables
from tests.test_architecture import PRODUCT, ROOT

# As the ORM writes them; SQL of our own quotes no name.
_TARGET = re.compile(r'(?:FROM|UPDATE) "(\w+)"(?: (U\d+)\b)?')


@cache
def tables_with_mode() -> set[str]:
    """Tables whose `for_actor` keeps test data and live data apart."""
    return {
        model._meta.db_table
        for model in apps.get_models()
        if isinstance(model._default_manager.all(), LivemodeQuerySet)
    }


def unscoped(sql: str) -> str:
    """What the statement leaves out, or nothing."""
    conditions = sql.partition(" WHERE ")[2]
    for table, alias in _TARGET.findall(sql):
        name = alias or f'"{table}"'
        if table in tenant_tables() and f'{name}."tenant_id" = ' not in conditions:
            return f"no tenant: {sql}"
        if table in tables_with_mode() and f'{name}."livemode"' not in conditions:
            return f"no mode: {sql}"
    return ""


# An instance saves itself by its own id, which was read under tenant and mode; the row that it refers
# to is its tenant's by the reference's own constraint.
_BY_INSTANCE = (Model._do_update, ForwardManyToOneDescriptor.get_object)

_CODES = {method.__code__ for method in _BY_INSTANCE}


def callers() -> Iterator[FrameType]:
    """The frames that led here, the innermost first."""
    frame = sys._getframe().f_back
    while frame is not None:
        yield frame
        frame = frame.f_back


def place() -> str:
    """Where the product sends the statement from."""
    for frame in callers():
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(ROOT) and file.relative_to(ROOT).parts[0] in PRODUCT:
            return f"{file.relative_to(ROOT)}:{frame.f_lineno}"
    return ""


class Watch:
    """A wrapper for the connection's statements that keeps the unscoped ones."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        told = unscoped(sql)
        if told and not any(frame.f_code in _CODES for frame in callers()):
            self.found.append(f"{place()} {told}")
        return execute(sql, params, many, context)
