"""The three database roles, their database and their rights.

`nessy_owner` runs migrations, `nessy_app` serves requests under row-level
security, `nessy_system` works across tenants. See tenants/rls.py.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWNER, APP, SYSTEM = "nessy_owner", "nessy_app", "nessy_system"
ROLES = {
    OWNER: "LOGIN NOSUPERUSER NOBYPASSRLS",
    APP: "LOGIN NOSUPERUSER NOBYPASSRLS",
    SYSTEM: "LOGIN NOSUPERUSER BYPASSRLS",
}
VARIABLES = {"DATABASE_URL": APP, "DATABASE_OWNER_URL": OWNER, "DATABASE_SYSTEM_URL": SYSTEM}
# In these the server keeps its own things; Nessy gets a database of its own then.
SERVER_DATABASES = {"", "postgres", "template1"}


class ProvisioningRefused(RuntimeError):
    """The role of the administrative URL may not do it; the text holds the SQL for one that may."""


@dataclass(frozen=True)
class Plan:
    """What a server must hold for Nessy; `passwords` is empty where sockets alone guard it."""

    database: str
    passwords: Mapping[str, str]

    @classmethod
    def derived_from(cls, admin_url: str, secret_key: str) -> Plan:
        """The plan for an external server; the same key gives the same passwords."""
        named = urlsplit(admin_url).path.lstrip("/")
        passwords = {
            role: hmac.new(secret_key.encode(), f"nessy:database:{role}".encode(), hashlib.sha256).hexdigest()
            for role in ROLES
        }
        return cls("nessy" if named in SERVER_DATABASES else named, passwords)

    def role_statements(self) -> list[sql.Composed]:
        """Run first, in any database."""
        statements: list[sql.Composed] = []
        for role, attributes in ROLES.items():
            name = sql.Identifier(role)
            statements.append(
                sql.SQL(
                    "DO $$ BEGIN CREATE ROLE {} {}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
                ).format(name, sql.SQL(attributes))
            )
            if password := self.passwords.get(role):
                statements.append(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
        # Whoever is not superuser must be a member to hand the database over.
        statements.append(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
        return statements

    def create_database(self) -> sql.Composed:
        """Run second, outside of any transaction, where the database is missing."""
        return sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
            sql.Identifier(self.database), sql.Identifier(OWNER)
        )

    def database_statements(self) -> list[sql.Composed]:
        """Run last, inside the database: who may enter."""
        database, owner = sql.Identifier(self.database), sql.Identifier(OWNER)
        everyone = sql.SQL(", ").join(map(sql.Identifier, ROLES))
        return [
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, owner),
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, everyone),
            sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(owner),
            *table_rights(),
        ]


def table_rights() -> list[sql.Composed]:
    """What the other roles may do with every table that the owner will make in this database."""
    owner = sql.Identifier(OWNER)
    readers = sql.SQL(", ").join(map(sql.Identifier, (APP, SYSTEM)))
    by_default = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public ").format(owner)
    return [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(readers),
        # Never TRUNCATE: it passes by row-level security and by the triggers of append-only tables.
        by_default + sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}").format(readers),
        by_default + sql.SQL("GRANT USAGE, SELECT ON SEQUENCES TO {}").format(readers),
    ]


def provision(admin_url: str, plan: Plan) -> dict[str, str]:
    """Make roles, database and rights where they are missing; return the three URLs by variable.

    Raises ProvisioningRefused, or psycopg.OperationalError when the server is out of reach.
    """
    try:
        with psycopg.connect(admin_url, autocommit=True) as connection:
            for statement in plan.role_statements():
                connection.execute(statement)
            known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [plan.database])
            if known.fetchone() is None:
                connection.execute(plan.create_database())
            _check_roles(connection)
        with psycopg.connect(_with(admin_url, database=plan.database), autocommit=True) as connection:
            for statement in plan.database_statements():
                connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        raise ProvisioningRefused(
            f"The role of DATABASE_URL may not prepare the database ({error.diag.message_primary}). "
            f"Run this as a superuser:\n\n{as_script(plan)}\n"
            f"and set the three URLs:\n\n{urls_as_text(urls(admin_url, plan))}"
        ) from error
    return urls(admin_url, plan)


def urls(admin_url: str, plan: Plan) -> dict[str, str]:
    """The three URLs by variable, on the server of `admin_url`."""
    return {
        variable: _with(admin_url, database=plan.database, role=role, password=plan.passwords.get(role, ""))
        for variable, role in VARIABLES.items()
    }


def as_script(plan: Plan) -> str:
    """The same as `provision`, as SQL for psql."""
    missing = sql.SQL(
        "SELECT {} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {}) \\gexec"
    ).format(sql.Literal(plan.create_database().as_string()), sql.Literal(plan.database))
    lines = [
        *(f"{statement.as_string()};" for statement in plan.role_statements()),
        missing.as_string(),
        f"\\connect {sql.Identifier(plan.database).as_string()}",
        *(f"{statement.as_string()};" for statement in plan.database_statements()),
    ]
    return "\n".join(lines) + "\n"


def urls_as_text(by_variable: Mapping[str, str]) -> str:
    return "".join(f"{variable}={url}\n" for variable, url in by_variable.items())


def _check_roles(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    # A role of that name may have been there before, with more rights than it may have.
    rows = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls)", [[APP, OWNER]]
    ).fetchall()
    if rows:
        names = ", ".join(str(name) for (name,) in rows)
        raise ProvisioningRefused(f"These roles bypass row-level security and must not: {names}")


def _with(url: str, *, database: str, role: str | None = None, password: str = "") -> str:
    parts = urlsplit(url)
    netloc = parts.netloc
    if role:
        credentials = f"{role}:{quote(password, safe='')}" if password else role
        netloc = f"{credentials}@{netloc.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{quote(database, safe='')}"))
