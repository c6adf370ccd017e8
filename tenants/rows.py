"""Rows by prepared statements, for the busiest paths: the ORM's compiler would take most of their time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar, cast

import orjson
import psycopg
from django.db import Error, connection, models
from psycopg import pq

M = TypeVar("M", bound=models.Model)
Params = Sequence[object]


def run(sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
    """The rows of one statement on this thread's connection, prepared when it comes again.

    `params` are bound by the server. JSON is given and returned as text. Raises Django's database errors.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(cast("psycopg.Connection[tuple[Any, ...]]", connection.connection))
        cursor.execute(sql, params, prepare=True)
        # `cursor.description` would say the same by an object per column.
        has_rows = cursor.pgresult is not None and cursor.pgresult.nfields > 0
        return cursor.fetchall() if has_rows else []


def look_up(sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
    """`run` for a first read, outside a transaction: a connection that has died meanwhile is made anew."""
    try:
        rows = run(sql, params)
    except Error:
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        rows = run(sql, params)
    # Spares the statement that Django sends before a request's first one for the same purpose.
    connection.health_check_done = True  # type: ignore[attr-defined]  # unknown to the stubs
    return rows


def open_with(sql: str) -> None:
    """Run a constant statement, beginning the transaction that Django has asked for in the same message."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        pgconn = cast("psycopg.Connection[tuple[Any, ...]]", connection.connection).pgconn
        begun = pgconn.transaction_status != pq.TransactionStatus.IDLE
        result = pgconn.exec_((sql if begun else f"BEGIN; {sql}").encode())
        if result.status != pq.ExecStatus.TUPLES_OK:
            error = psycopg.errors.error_from_result(result)
            # Only the server gives a code: without one, it is gone.
            raise error if error.sqlstate else psycopg.OperationalError("the connection is lost")


@cache
def columns(model: type[models.Model], alias: str = "") -> str:
    """The model's columns as they stand in a SELECT, in the order that `instances` takes them."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(f"{prefix}{field.column}" for field in model._meta.concrete_fields)


def instances(model: type[M], rows: Iterable[Sequence[Any]]) -> list[M]:
    """Model instances of rows that begin with `columns(model)`."""
    names, json_places = _layout(model)
    made = []
    for row in rows:
        values = list(row[: len(names)])
        for place in json_places:
            if values[place] is not None:
                values[place] = orjson.loads(values[place])
        made.append(model.from_db("default", names, values))
    return made


@cache
def _layout(model: type[models.Model]) -> tuple[list[str], list[int]]:
    fields = model._meta.concrete_fields
    json_places = [place for place, field in enumerate(fields) if isinstance(field, models.JSONField)]
    return [field.attname for field in fields], json_places


def as_json(rows: Iterable[models.Model]) -> str:
    """The rows as the JSON array that `insertion` and `jsonb_populate_recordset` read."""
    return orjson.dumps([_record(row) for row in rows]).decode()


def _record(row: models.Model) -> dict[str, Any]:
    record = {str(field.column): getattr(row, field.attname) for field in row._meta.concrete_fields}
    for name, value in record.items():
        if isinstance(value, bytes | memoryview):
            record[name] = "\\x" + bytes(value).hex()
    return record


@cache
def insertion(model: type[models.Model]) -> str:
    """INSERT of the rows in a JSON parameter; a generated key is left to the database."""
    names = ", ".join(_written(model))
    table = model._meta.db_table
    # Names of columns and tables only: no value is ever part of a text here.
    source = f"jsonb_populate_recordset(NULL::{table}, %s::jsonb)"
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM {source}"  # noqa: S608


@cache
def replacement(model: type[models.Model], *keys: str) -> str:
    """`insertion` that replaces a row with the same values in the columns `keys`."""
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in _written(model) if name not in keys)
    return f"{insertion(model)} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed}"


@cache
def update(model: type[models.Model]) -> str:
    """UPDATE of the rows in a JSON parameter, found by tenant and primary key."""
    table, key = model._meta.db_table, model._meta.pk.column
    names = [name for name in _written(model) if name not in (key, "tenant_id")]
    given = ", ".join(f"{name} = given.{name}" for name in names)
    return (
        f"UPDATE {table} SET {given} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) given"  # noqa: S608
        f" WHERE {table}.tenant_id = given.tenant_id AND {table}.{key} = given.{key}"
    )


def _written(model: type[models.Model]) -> list[str]:
    fields = model._meta.concrete_fields
    return [str(field.column) for field in fields if not isinstance(field, models.AutoField)]
