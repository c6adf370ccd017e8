"""What the database's own catalogue says of the tables of tenants."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import ForeignKey

from tenants.rls import CURRENT_TENANT, check_role, tenant_transaction
from tests.isolation.tables import TENANTS, model_tables, rows, tenant_column, tenant_tables
from tests.isolation.world import World

TABLES = model_tables()
# From a tenant's row to another of the same tenant: (table, column, target).
REFERENCES = sorted(
    (model._meta.db_table, field.column, field.remote_field.model._meta.db_table)
    for model in apps.get_models()
    for field in model._meta.concrete_fields
    if isinstance(field, ForeignKey)
    and model._meta.db_table in TABLES
    and field.remote_field.model._meta.db_table in set(TABLES) - {TENANTS}
)


def plain(expression: str) -> str:
    return expression.replace("(", "").replace(")", "").replace("::text", "")


@pytest.mark.parametrize("table", TABLES)
def test_row_level_security_is_on_and_forced(table: str) -> None:
    found = rows("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", table)
    assert found == [(True, True)]


@pytest.mark.parametrize("table", TABLES)
def test_policies_name_the_tenant_for_reading_and_writing(table: str) -> None:
    found = {
        roles: (command, permissive, plain(qual), plain(check))
        for roles, command, permissive, qual, check in rows(
            "SELECT roles[1], cmd, permissive, qual, with_check FROM pg_policies"
            " WHERE schemaname = 'public' AND tablename = %s",
            table,
        )
    }
    ((owner,),) = rows("SELECT current_user")
    rule = f"{tenant_column(table)} = {plain(CURRENT_TENANT)}"
    assert found == {
        "public": ("ALL", "PERMISSIVE", rule, rule),
        owner: ("ALL", "PERMISSIVE", "true", "true"),
    }


@pytest.mark.parametrize(("table", "column", "target"), REFERENCES)
def test_reference_carries_the_tenant(table: str, column: str, target: str) -> None:
    found = rows(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid = %s::regclass AND confrelid = %s::regclass",
        table,
        target,
    )
    assert len(found) == 1
    assert found[0][0].startswith(f"FOREIGN KEY (tenant_id, {column}) REFERENCES {target}(tenant_id, id)")


def test_unique_constraints_carry_the_tenant() -> None:
    """Else one tenant could learn of another's values by being refused them. Ids are drawn by us."""
    found = rows(
        "SELECT c.relname, i.relname FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid"
        " JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indisunique AND NOT x.indisprimary"
        " AND c.relname = ANY(%s) AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid"
        "   AND a.attnum = ANY(x.indkey) AND a.attname = 'tenant_id')",
        [table for table in tenant_tables() if table in TABLES],
    )
    assert found == []


def test_references_cannot_cross_tenants(world: World) -> None:
    birch, theirs = world.birch.owner.tenant_id, world.live.ids["session_id"][0]
    move = (
        "UPDATE sessions_app_answer SET session_id = %s WHERE id = (SELECT min(id) FROM sessions_app_answer)"
    )
    with pytest.raises(DatabaseError, match="same_tenant"), tenant_transaction(birch):
        connection.cursor().execute(move, [theirs])


@pytest.mark.parametrize("role", ["default", "system"])
def test_no_table_may_be_emptied(role: str) -> None:
    """TRUNCATE passes by row-level security and by the triggers of append-only tables."""
    found = rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND has_table_privilege(oid, 'TRUNCATE')",
        role=role,
    )
    assert found == []
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(using=role):
        connections[role].cursor().execute("TRUNCATE sessions_app_answer")


def test_app_role_is_a_plain_one() -> None:
    check_role()
    assert rows(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
        " WHERE rolname = current_user",
        role="default",
    ) == [(False, False, False, False)]


def test_nothing_runs_with_the_rights_of_the_owner() -> None:
    """A function or view of the owner's would show its callers every row."""
    assert rows("SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace") == []
    assert (
        rows(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('v', 'm') AND NOT coalesce('security_invoker=true' = ANY(reloptions), false)"
        )
        == []
    )
