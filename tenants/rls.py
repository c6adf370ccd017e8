"""Row-level security: policies for the migrations, and the tenant of a transaction.

Three database roles. `owner` runs migrations and has a policy of its own, so
that a data migration sees every row. The app's role is neither owner nor
superuser and cannot bypass policies, which `check_role` verifies at start-up.
`system` bypasses them and is used for work across tenants only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, transaction
from django.db.migrations.operations import RunSQL

from tenants.rows import open_with

CURRENT_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::uuid"


def protect(table: str, column: str = "tenant_id") -> RunSQL:
    """Policies for a new table whose rows belong to tenants."""
    return RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY {table}_tenant ON {table}
            USING ({column} = {CURRENT_TENANT}) WITH CHECK ({column} = {CURRENT_TENANT});
        CREATE POLICY {table}_owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true);
        """,
        f"""
        DROP POLICY {table}_owner ON {table};
        DROP POLICY {table}_tenant ON {table};
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


def references(table: str, column: str, target: str, *, on_delete: str = "NO ACTION") -> RunSQL:
    """A foreign key that cannot cross tenants: (tenant_id, column) -> target (tenant_id, id)."""
    name = f"{table}_{column}_same_tenant"
    return RunSQL(
        f"""
        ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (tenant_id, {column})
            REFERENCES {target} (tenant_id, id) ON DELETE {on_delete} DEFERRABLE INITIALLY DEFERRED;
        """,
        f"ALTER TABLE {table} DROP CONSTRAINT {name};",
    )


def append_only(table: str) -> RunSQL:
    """No role may change or remove a row: by a trigger, and by grants."""
    return RunSQL(
        f"""
        CREATE FUNCTION {table}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation'; END $body$;
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_refuse_change();
        DO $body$
        DECLARE grantee_name text;
        BEGIN
            FOR grantee_name IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
                WHERE table_name = '{table}' AND grantee NOT IN (current_user, 'PUBLIC')
            LOOP EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM %I', grantee_name); END LOOP;
        END $body$;
        """,  # noqa: S608  # the name comes from a migration
        f"DROP TRIGGER {table}_append_only ON {table}; DROP FUNCTION {table}_refuse_change();",
    )


@contextmanager
def tenant_transaction(tenant_id: UUID) -> Iterator[None]:
    """A transaction in which only this tenant's rows can be seen or written."""
    with transaction.atomic():
        # Local to the transaction: a session-wide setting would outlive the request on a reused connection.
        open_with(f"SELECT set_config('app.tenant_id', '{UUID(str(tenant_id))}', true)")
        yield


def check_role() -> None:
    """Raise `ImproperlyConfigured` when the app's role could see other tenants' rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(oid, 'MEMBER')
            ), EXISTS (SELECT FROM pg_class WHERE relrowsecurity AND pg_has_role(relowner, 'MEMBER'))
            """
        )
        bypasses, owns = cursor.fetchone()
    if bypasses:
        raise ImproperlyConfigured("DATABASE_URL names a role that bypasses row-level security.")
    if owns:
        raise ImproperlyConfigured(
            "DATABASE_URL names a role that owns the tables; see README, Database roles."
        )


def check_system_role() -> None:
    """Raise `ImproperlyConfigured` when work across tenants would find no rows and take that for none due."""
    with connections["system"].cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        (bypasses,) = cursor.fetchone()
    if not bypasses:
        raise ImproperlyConfigured("DATABASE_SYSTEM_URL must name a role with BYPASSRLS.")
