"""Where the benchmark runs: PostgreSQL and Valkey as `manage.py up` starts them, and tenants with keys.

Everything but the measured application keeps to the other cores, so that what
an application's core does is the application.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from config.embedded import PostgreSQL, Valkey
from config.provisioning import Plan, provision

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "nessy"
# So many that no list of calls which a throttle keeps for a key gets long.
TENANTS = 20
# More than any run can spend or reach.
BALANCE = 10**12
CALLS_A_MINUTE = 10**7


def _cores() -> tuple[set[int], set[int]]:
    usable = sorted(os.sched_getaffinity(0))
    return {usable[0]}, set(usable[1:] or usable)


# The measured application's, and everybody else's; on a machine of one core both are that.
CORES = _cores()


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant and its live key."""

    tenant_id: UUID
    key: str


@dataclass
class Ground:
    """The servers, and the variables under which the product finds them."""

    data: Path
    postgres: PostgreSQL
    valkey: Valkey
    environment: dict[str, str]
    accounts: list[Account] = field(default_factory=list)

    def admin_url(self, database: str = DATABASE) -> str:
        """A superuser's, whom row-level security does not hold."""
        return self.postgres.url("postgres", database)

    def server_pids(self) -> list[int]:
        return [server.process.pid for server in (self.postgres, self.valkey) if server.process is not None]

    def clone_sessions(
        self,
        templates: Sequence[UUID],
        tenants: Sequence[UUID],
        *,
        database: str = DATABASE,
        table: str = "sessions_app_session",
    ) -> list[UUID]:
        """A fresh copy of each template for the tenant beside it."""
        ids = [uuid4() for _ in templates]
        with psycopg.connect(self.admin_url(database), autocommit=True) as connection:
            connection.execute(
                psycopg.sql.SQL(
                    """
                    INSERT INTO {table} SELECT filled.*
                    FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS made (id, tenant, template)
                    JOIN {table} s ON s.id = made.template,
                        jsonb_populate_record(s, jsonb_build_object(
                            'id', made.id, 'tenant_id', made.tenant, 'created_at', now(),
                            'updated_at', now(), 'expires_at', now() + interval '1 day')) AS filled
                    """
                ).format(table=psycopg.sql.Identifier(table)),
                [ids, list(tenants), list(templates)],
            )
        return ids


@contextmanager
def prepared_ground() -> Iterator[Ground]:
    """Servers that sync to disk, the product's schema, and `TENANTS` accounts; gone afterwards.

    Sets the environment of this process and Django up in it.
    """
    with ExitStack() as stack:
        os.sched_setaffinity(0, CORES[1])
        data = Path(tempfile.mkdtemp(prefix="nessy-bench-"))
        stack.callback(shutil.rmtree, data, ignore_errors=True)
        postgres, valkey = PostgreSQL(data), Valkey(data)
        for server in (postgres, valkey):
            stack.callback(server.stop)
            server.start()
        environment = {
            **provision(postgres.admin_url, Plan(DATABASE, {})),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "REDIS_URL": valkey.url,
            "NESSY_DATA": str(data / "nessy"),
            "NESSY_EMBEDDED": "1",
            "NESSY_WEB_WORKERS": "1",
            "SECRET_KEY": "a key that only the benchmark knows",
        }
        os.environ.update(environment)
        migrate = [sys.executable, "manage.py", "migrate", "--database", "owner", "--skip-checks", "-v", "0"]
        subprocess.run(migrate, cwd=ROOT, check=True)
        ground = Ground(data, postgres, valkey, environment)
        ground.accounts = _open_accounts(ground)
        yield ground


def _open_accounts(ground: Ground) -> list[Account]:
    import django

    django.setup()
    from tests.factories import make_key, make_tenant

    owners = [make_tenant(name=f"Clinic {number}", tier="enterprise") for number in range(TENANTS)]
    accounts = [Account(owner.tenant_id, make_key(owner=owner)) for owner in owners]
    with psycopg.connect(ground.admin_url(), autocommit=True) as connection:
        connection.execute(
            "UPDATE tenants_apikey SET rate_limit_rpm = %s, has_own_limit = true", [CALLS_A_MINUTE]
        )
        connection.execute(
            "UPDATE billing_tokenbalance SET balance = %s, initial_balance = %s", [BALANCE, BALANCE]
        )
    return accounts
