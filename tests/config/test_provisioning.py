from __future__ import annotations

import subprocess
from collections.abc import Iterator

import environ
import psycopg
import pytest

from config.embedded import PostgreSQL, postgres_binary
from config.provisioning import Plan, ProvisioningRefused, as_script, provision

PLAN = Plan("nessy", {})


@pytest.fixture
def urls(postgres: PostgreSQL) -> Iterator[dict[str, str]]:
    """A provisioned database with one table that the owner made."""
    made = provision(postgres.admin_url, PLAN)
    with psycopg.connect(made["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS note (n serial PRIMARY KEY, words text)")
    yield made
    with psycopg.connect(made["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("DROP TABLE note")


def test_second_provisioning_changes_nothing(postgres: PostgreSQL, urls: dict[str, str]) -> None:
    assert provision(postgres.admin_url, PLAN) == urls


@pytest.mark.parametrize("variable", ["DATABASE_URL", "DATABASE_SYSTEM_URL"])
def test_other_roles_read_and_write_tables_of_the_owner(urls: dict[str, str], variable: str) -> None:
    with psycopg.connect(urls[variable], autocommit=True) as connection:
        connection.execute("INSERT INTO note (words) VALUES ('a')")
        connection.execute("UPDATE note SET words = 'b'")
        assert connection.execute("SELECT words FROM note").fetchall() == [("b",)]
        connection.execute("DELETE FROM note")


@pytest.mark.parametrize("variable", ["DATABASE_URL", "DATABASE_SYSTEM_URL"])
@pytest.mark.parametrize(
    "statement",
    ["TRUNCATE note", "DROP TABLE note", "CREATE TABLE own (n int)", "CREATE TEMP TABLE own (n int)"],
)
def test_other_roles_do_no_more(urls: dict[str, str], variable: str, statement: str) -> None:
    with psycopg.connect(urls[variable]) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
        connection.rollback()


@pytest.mark.parametrize(
    ("variable", "bypasses"),
    [("DATABASE_URL", False), ("DATABASE_OWNER_URL", False), ("DATABASE_SYSTEM_URL", True)],
)
def test_only_the_system_role_bypasses_row_security(
    urls: dict[str, str], variable: str, bypasses: bool
) -> None:
    with psycopg.connect(urls[variable]) as connection:
        row = connection.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert row.fetchone() == (False, bypasses)


def test_urls_are_understood_by_the_settings(postgres: PostgreSQL, urls: dict[str, str]) -> None:
    database = environ.Env.db_url_config(urls["DATABASE_URL"])
    assert (database["USER"], database["NAME"]) == ("nessy_app", "nessy")
    assert database["OPTIONS"] == {"host": str(postgres.sockets)}


def test_external_server_gets_stable_passwords_and_its_named_database() -> None:
    admin_url = "postgres://admin:word@db.example:5433/clinic?sslmode=require"
    plan = Plan.derived_from(admin_url, "secret")
    assert plan == Plan.derived_from(admin_url, "secret")
    assert plan.database == "clinic"
    assert len(set(plan.passwords.values())) == 3
    assert plan.passwords != Plan.derived_from(admin_url, "another").passwords


def test_role_with_too_many_rights_is_refused(postgres: PostgreSQL, urls: dict[str, str]) -> None:
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        admin.execute("ALTER ROLE nessy_app BYPASSRLS")
        with pytest.raises(ProvisioningRefused, match="nessy_app"):
            provision(postgres.admin_url, PLAN)
        admin.execute("ALTER ROLE nessy_app NOBYPASSRLS")


def test_powerless_role_gets_the_sql_to_run(postgres: PostgreSQL) -> None:
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        admin.execute("CREATE ROLE powerless LOGIN")
    with pytest.raises(ProvisioningRefused, match="CREATE ROLE") as caught:
        provision(postgres.url("powerless", "postgres"), Plan("clinic", {}))
    assert "DATABASE_SYSTEM_URL=" in str(caught.value)


def test_role_without_superuser_can_provision(tmp_path_factory: pytest.TempPathFactory) -> None:
    server = PostgreSQL(tmp_path_factory.mktemp("data"), durable=False)
    server.start()
    try:
        with psycopg.connect(server.admin_url, autocommit=True) as admin:
            admin.execute("CREATE ROLE manager LOGIN CREATEROLE CREATEDB BYPASSRLS")
        url = server.url("manager", "postgres")
        plan = Plan.derived_from(url, "secret")
        assert provision(url, plan) == provision(url, plan)
    finally:
        server.stop()


def test_script_does_the_same_as_the_command(tmp_path_factory: pytest.TempPathFactory) -> None:
    server = PostgreSQL(tmp_path_factory.mktemp("data"), durable=False)
    server.start()
    plan = Plan.derived_from(server.admin_url, "secret")
    psql = [str(postgres_binary("psql")), "--no-psqlrc", "--set=ON_ERROR_STOP=1", server.admin_url]
    try:
        for _ in range(2):
            subprocess.run(psql, input=as_script(plan), text=True, check=True, capture_output=True)
        with psycopg.connect(server.url("nessy_owner", "nessy"), autocommit=True) as owner:
            owner.execute("CREATE TABLE note (n int)")
        with psycopg.connect(server.url("nessy_app", "nessy")) as app:
            assert app.execute("SELECT n FROM note").fetchall() == []
    finally:
        server.stop()
