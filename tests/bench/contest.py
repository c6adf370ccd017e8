"""Sides that carry out the same sessions in turns, and what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import dict_row

from tests.bench.ground import BALANCE, DATABASE, ROOT, Account, Ground
from tests.bench.load import Call, WrongReply, drive
from tests.bench.processes import Application, Side, processor_seconds
from tests.bench.workload import Recorded, sessions_of

USUAL_DATABASE = "usual"
USUAL_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
TEMPLATE_COLUMNS = (
    "id, tenant_id, livemode, status, chief_complaint, age, sex, intake, triage_level, active_branches, "
    "red_flags, questions_asked, current_question, primary_diagnosis, primary_diagnosis_icd, "
    "primary_probability, engine_version, knowledge_version, event_sequence, expires_at"
)


# What an answer leaves behind: answers, usage, events, audit, kept replies; and where balances are.
PRODUCT_TABLES = (
    "sessions_app_answer",
    "billing_usagerecord",
    "webhooks_app_event",
    "tenants_auditevent",
    "tenants_idempotentcall",
    "billing_tokenbalance",
)
USUAL_TABLES = (
    "usual_answer",
    "usual_usage",
    "usual_event",
    "usual_auditentry",
    "usual_idempotentcall",
    "usual_balance",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of one side."""

    latencies: list[float]
    calls: int
    seconds: float
    processor_seconds: float
    server_seconds: float
    client_seconds: float

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


@dataclass
class Contender:
    """A running side, its accounts and where its sessions are."""

    side: Side
    ground: Ground
    recorded: Sequence[Recorded]
    accounts: Sequence[Account]
    database: str = DATABASE
    table: str = "sessions_app_session"
    scheme: str = "Bearer"
    tables: Sequence[str] = PRODUCT_TABLES

    @property
    def name(self) -> str:
        return self.side.name

    def sessions(self, count: int, accounts: int) -> list[list[Call]]:
        """New sessions of the first so many accounts."""
        return sessions_of(
            self.ground,
            self.recorded,
            count,
            self.accounts[:accounts],
            database=self.database,
            table=self.table,
            scheme=self.scheme,
        )

    def run(self, count: int, connections: int, accounts: int) -> Sample:
        """Carry out so many sessions; raises WrongReply at the first answer that differs."""
        sessions = self.sessions(count, accounts)
        servers = self.ground.server_pids()
        before = processor_seconds([self.side.pid]), processor_seconds(servers)
        load = drive(self.side.port, sessions, connections)
        after = processor_seconds([self.side.pid]), processor_seconds(servers)
        return Sample(
            load.latencies,
            load.calls,
            load.seconds,
            after[0] - before[0],
            after[1] - before[1],
            load.own_processor_seconds,
        )

    def left_behind(self) -> list[int]:
        """Rows by table, and the tokens taken from balances."""
        *rows, balances = (psycopg.sql.Identifier(table) for table in self.tables)
        with psycopg.connect(self.ground.admin_url(self.database)) as connection:
            counted = [
                connection.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(table)) for table in rows
            ]
            taken = psycopg.sql.SQL("SELECT sum(lifetime_used)::bigint FROM {}").format(balances)
            return [int(cursor.fetchall()[0][0]) for cursor in (*counted, connection.execute(taken))]


@dataclass
class Figures:
    """All rounds of one side at one number of connections."""

    samples: list[Sample] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return median(sample.rate for sample in self.samples)

    def milliseconds(self, share: int) -> float:
        together = [latency for sample in self.samples for latency in sample.latencies]
        return float(np.percentile(together, share)) * 1000

    @property
    def processor_us(self) -> float:
        return self._each([sample.processor_seconds for sample in self.samples])

    @property
    def server_us(self) -> float:
        return self._each([sample.server_seconds for sample in self.samples])

    @property
    def client_share(self) -> float:
        """The client's processor time as a share of the time; near one it would be what is measured."""
        return sum(s.client_seconds for s in self.samples) / sum(s.seconds for s in self.samples)

    def _each(self, seconds: list[float]) -> float:
        return sum(seconds) / sum(sample.calls for sample in self.samples) * 1e6

    def as_json(self) -> dict[str, Any]:
        return {
            "answers_per_second": round(self.rate, 1),
            "rounds": [round(sample.rate, 1) for sample in self.samples],
            "p50_ms": round(self.milliseconds(50), 2),
            "p99_ms": round(self.milliseconds(99), 2),
            "processor_us": round(self.processor_us),
            "server_processor_us": round(self.server_us),
            "client_share": round(self.client_share, 3),
        }


Results = dict[int, dict[str, Figures]]


def contest(
    contenders: Sequence[Contender],
    *,
    sessions: int,
    connections: Sequence[int],
    rounds: int,
    accounts: int,
    seconds: float = 0.0,
) -> Results:
    """Every side in turn at each number of connections, each round beginning with another one.

    At least so many sessions, half of them on a single connection, and two for each connection. No round
    begins after `seconds`, so that a busy machine makes figures rougher, not the run longer.
    """
    began = time.monotonic()
    results: Results = {number: {one.name: Figures() for one in contenders} for number in connections}
    for turn in range(rounds):
        if turn and time.monotonic() - began > seconds:
            break
        first = turn % len(contenders)
        for number in connections:
            for one in (*contenders[first:], *contenders[:first]):
                sample = one.run(max(sessions if number > 1 else sessions // 2, 2 * number), number, accounts)
                results[number][one.name].samples.append(sample)
    return results


def warm_up(contenders: Sequence[Contender], *, accounts: int) -> None:
    """Let every thread connect and every cache fill; raises WrongReply unless all leave the same behind."""
    left: dict[str, list[int]] = {}
    for one in contenders:
        before = one.left_behind()
        one.run(8, 8, accounts)
        left[one.name] = [new - old for new, old in zip(one.left_behind(), before, strict=True)]
    if len({tuple(rows) for rows in left.values()}) > 1:
        raise WrongReply(f"the sides do not do the same: {left}")


def ratio(figures: dict[str, Figures], one: str, other: str) -> float:
    """Answers per second of one side over the other's, the middle one of the rounds."""
    pairs = zip(figures[one].samples, figures[other].samples, strict=True)
    return median(first.rate / second.rate for first, second in pairs)


def ours() -> Application:
    return Application("ours", "config.wsgi:application")


def ours_on(variables: Mapping[str, str]) -> Application:
    """The product on the database with a long history."""
    return Application("long history", "config.wsgi:application", variables)


def hand() -> Application:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.bench.hand.settings"}
    return Application("hand", "tests.bench.hand.wsgi:application", settings)


def contender(
    stack: ExitStack, ground: Ground, recorded: Sequence[Recorded], application: Application, **where: Any
) -> Contender:
    """Start the application until the stack is left."""
    side = stack.enter_context(Side(application, ground.data / f"{application.name}.log"))
    return Contender(side, ground, recorded, **{"accounts": ground.accounts, **where})


def usual(stack: ExitStack, ground: Ground, recorded: Sequence[Recorded]) -> Contender:
    """The peer of usual parts, with tenants, keys and templates in a database of its own."""
    url = ground.postgres.url("postgres", USUAL_DATABASE)
    with psycopg.connect(ground.admin_url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {USUAL_DATABASE}")
        connection.execute(f"CREATE DATABASE {USUAL_DATABASE}")
    environment = {"DJANGO_SETTINGS_MODULE": "tests.bench.usual.settings", "USUAL_DATABASE_URL": url}
    keys = _prepare_usual(ground, recorded, environment)
    accounts = [Account(account.tenant_id, key) for account, key in zip(ground.accounts, keys, strict=True)]
    application = Application(
        "usual", "tests.bench.usual.wsgi:application", environment, python=str(USUAL_PYTHON)
    )
    return contender(
        stack,
        ground,
        recorded,
        application,
        accounts=accounts,
        database=USUAL_DATABASE,
        table="usual_session",
        scheme="Api-Key",
        tables=USUAL_TABLES,
    )


def _prepare_usual(ground: Ground, recorded: Sequence[Recorded], environment: dict[str, str]) -> list[str]:
    with psycopg.connect(ground.admin_url(), row_factory=dict_row) as connection:
        templates = connection.execute(
            f"SELECT {TEMPLATE_COLUMNS} FROM sessions_app_session WHERE id = ANY(%s)",  # noqa: S608
            [[one.template for one in recorded]],
        ).fetchall()
    given = {
        "tenants": [account.tenant_id for account in ground.accounts],
        "balance": BALANCE,
        "sessions": templates,
    }
    made = subprocess.run(
        [str(USUAL_PYTHON), "-m", "tests.bench.usual.prepare"],
        cwd=ROOT,
        env=os.environ | environment,
        input=json.dumps(given, default=str),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    keys: list[str] = json.loads(made.stdout)
    return keys
