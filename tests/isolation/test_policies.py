"""Past every door: what SQL under the app's role reaches, table by table."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

import pytest
from django.db import DatabaseError, ProgrammingError, connection

from tenants.rls import tenant_transaction
from tests.isolation.tables import model_tables, protected_tables, rows, tenant_column
from tests.isolation.world import World

TABLES = model_tables()


def count(table: str, tenant_id: UUID, role: str = "default") -> int:
    """How many of the tenant's rows are seen."""
    sql = f"SELECT count(*) FROM {table} WHERE {tenant_column(table)} = %s"  # noqa: S608
    return int(rows(sql, tenant_id, role=role)[0][0])


def execute(sql: str, *tenants: UUID) -> int:
    """How many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, tenants)
        return int(cursor.rowcount)


def test_no_table_is_forgotten(database: None) -> None:
    assert sorted(TABLES) == sorted(protected_tables())


@pytest.mark.parametrize("table", TABLES)
def test_tenant_sees_its_own_rows_alone(table: str, world: World) -> None:
    alder, birch = world.alder.owner.tenant_id, world.birch.owner.tenant_id
    with tenant_transaction(birch):
        assert count(table, birch) > 0
        assert count(table, alder) == 0
        assert rows(f"SELECT count(*) FROM {table}", role="default") == [(count(table, birch),)]  # noqa: S608


@pytest.mark.parametrize("table", TABLES)
def test_nobody_sees_any_row(table: str, world: World) -> None:
    assert count(table, world.alder.owner.tenant_id) == 0
    assert rows(f"SELECT count(*) FROM {table}", role="default") == [(0,)]  # noqa: S608


@pytest.mark.parametrize("table", TABLES)
def test_tenant_adds_no_row_for_another(table: str, world: World) -> None:
    alder, birch = world.alder.owner.tenant_id, world.birch.owner.tenant_id
    copy = (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table},"  # noqa: S608
        f" to_jsonb(t) || jsonb_build_object('{tenant_column(table)}', %s::uuid))).* FROM {table} t LIMIT 1"
    )
    with pytest.raises(DatabaseError, match="violates row-level security"), tenant_transaction(birch):
        execute(copy, alder)


@pytest.mark.parametrize("table", TABLES)
def test_tenant_hands_no_row_to_another(table: str, world: World) -> None:
    alder, birch = world.alder.owner.tenant_id, world.birch.owner.tenant_id
    column = tenant_column(table)
    move = f"UPDATE {table} SET {column} = %s WHERE {column} = %s"  # noqa: S608
    # The rows of an append-only table may not be changed at all.
    refusal = "violates row-level security|permission denied for table"
    with pytest.raises(DatabaseError, match=refusal), tenant_transaction(birch):
        execute(move, alder, birch)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_tenant_changes_no_row_of_another(table: str, verb: str, world: World) -> None:
    alder, birch = world.alder.owner.tenant_id, world.birch.owner.tenant_id
    column = tenant_column(table)
    before = world.contents()
    with suppress(ProgrammingError), tenant_transaction(birch):
        # An append-only table may not be changed at all.
        assert execute(f"{verb.format(table, column)} WHERE {column} = %s", alder) == 0
    assert world.contents() == before


@pytest.mark.parametrize("table", TABLES)
def test_owner_sees_the_rows_of_every_tenant(table: str, world: World) -> None:
    """Else a data migration would find no rows and take that for none to be moved."""
    for cast in (world.alder, world.birch):
        assert count(table, cast.owner.tenant_id, role="owner") > 0


def test_tenant_of_a_request_does_not_outlive_it(world: World) -> None:
    world.alder.api.get("/v1/me")
    assert rows("SELECT current_setting('app.tenant_id', true)", role="default")[0][0] in (None, "")
