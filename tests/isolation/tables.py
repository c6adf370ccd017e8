"""The tables of tenants, read from the database, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connections

# Read before the tenant is known: hashes that lead to tenants. Each with its reason.
DIRECTORIES = {"tenants_keydirectory": "The hash of a key leads to its tenant."}
# Its rows are the tenants themselves.
TENANTS = "tenants_tenant"


@cache
def tenant_tables() -> list[str]:
    """Every table with a tenant_id."""
    return [
        name
        for (name,) in rows(
            "SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t"
            " USING (table_schema, table_name) WHERE c.table_schema = 'public'"
            " AND c.column_name = 'tenant_id' AND t.table_type = 'BASE TABLE' ORDER BY 1"
        )
    ]


def protected_tables() -> list[str]:
    """The tables under row-level security."""
    return [TENANTS, *(table for table in tenant_tables() if table not in DIRECTORIES)]


def model_tables() -> list[str]:
    """The same as the models have it: known before there is a database."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.db_table not in DIRECTORIES
        and (
            model._meta.db_table == TENANTS or "tenant_id" in {f.attname for f in model._meta.concrete_fields}
        )
    )


def tenant_column(table: str) -> str:
    return "id" if table == TENANTS else "tenant_id"


def rows(sql: str, *arguments: Any, role: str = "owner") -> list[tuple[Any, ...]]:
    with connections[role].cursor() as cursor:
        cursor.execute(sql, arguments or None)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def counts() -> dict[str, int]:
    """How many rows each table holds, of all tenants."""
    tables = [TENANTS, *tenant_tables()]
    sql = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)  # noqa: S608
    return dict(rows(sql, role="system"))


def contents(tenant_id: UUID) -> dict[str, str]:
    """By table, a digest of what the tenant's rows say.

    When a key was last used is left out: every call with it says so.
    """
    sql = " UNION ALL ".join(
        f"SELECT '{table}', md5(string_agg(row::text, '' ORDER BY row::text))"  # noqa: S608
        f" FROM (SELECT to_jsonb(t) - 'last_used_at' AS row FROM {table} t"
        f" WHERE {tenant_column(table)} = %s) _"
        for table in [TENANTS, *tenant_tables()]
    )
    return dict(rows(sql, *[tenant_id] * sql.count("%s"), role="system"))


@contextmanager
def without_policies() -> Iterator[None]:
    """Row-level security off, so that what `for_actor` holds back is held back by it alone."""
    with connections["owner"].cursor() as cursor:
        try:
            for table in protected_tables():
                cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            yield
        finally:
            for table in protected_tables():
                cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
