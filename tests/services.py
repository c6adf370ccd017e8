"""Pytest plugin: a PostgreSQL and a Valkey for the length of the run.

Loaded early (`-p tests.services`), because the settings read the variables
when pytest-django imports them. Workers of pytest-xdist inherit them. With
the variables already set, those servers are used and nothing is started.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from config.embedded import PostgreSQL, Valkey
from config.provisioning import OWNER, Plan, provision, table_rights


# A wrapper runs before every other plugin's hook of that name, whatever the order of loading.
@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", "a key that only the tests know")
    if "DATABASE_URL" not in os.environ:
        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        os.environ.update(_start(stack))
    return (yield)


def _start(stack: ExitStack) -> dict[str, str]:
    data = Path(tempfile.mkdtemp(prefix="nessy-tests-"))
    stack.callback(shutil.rmtree, data, ignore_errors=True)
    postgres, valkey = PostgreSQL(data, durable=False), Valkey(data, durable=False)
    for server in (postgres, valkey):
        stack.callback(server.stop)
        server.start()
    variables = provision(postgres.admin_url, Plan("nessy", {}))
    _let_owner_make_databases(postgres)
    return {**variables, "REDIS_URL": valkey.url, "NESSY_DATA": str(data / "nessy")}


def _let_owner_make_databases(postgres: PostgreSQL) -> None:
    # Django makes the test databases as owner; what lies in template1 is in each of them.
    with psycopg.connect(postgres.url("postgres", "template1"), autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {OWNER} CREATEDB")
        for statement in table_rights():
            connection.execute(statement)
