"""What holds in the database at any time, whatever has happened; over the rows of some tenants."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import DatabaseError, connections, transaction

APPEND_ONLY = ("billing_balanceentry", "billing_usagerecord", "tenants_auditevent")
# Each finds the rows that break it.
QUERIES = {
    "the balance is the sum of its entries": """
        SELECT b.tenant_id, b.balance, b.lifetime_used, c.total, d.total FROM billing_tokenbalance b
        CROSS JOIN LATERAL (SELECT coalesce(sum(tokens), 0) AS total
            FROM billing_balanceentry e WHERE e.tenant_id = b.tenant_id) c
        CROSS JOIN LATERAL (SELECT coalesce(sum(tokens_charged), 0) AS total
            FROM billing_usagerecord u WHERE u.tenant_id = b.tenant_id) d
        WHERE b.tenant_id = ANY(%(tenants)s)
            AND (b.balance <> c.total - d.total OR b.lifetime_used <> d.total)""",
    "no balance is below its floor": """
        SELECT tenant_id, balance FROM billing_tokenbalance
        WHERE tenant_id = ANY(%(tenants)s) AND balance < -(initial_balance * grace_percent / 100)""",
    "a request debits once": """
        SELECT tenant_id, request_id, count(*) FROM billing_usagerecord
        WHERE tenant_id = ANY(%(tenants)s) GROUP BY 1, 2 HAVING count(*) > 1""",
    "an idempotency key has one reply": """
        SELECT tenant_id, livemode, key FROM tenants_idempotentcall
        WHERE tenant_id = ANY(%(tenants)s) GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    "a session is paid for once, and what its answers cost was debited": """
        SELECT s.id, u.created, u.answers, a.tokens FROM sessions_app_session s
        CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE action = 'create') AS created,
                coalesce(sum(tokens_charged) FILTER (WHERE action = 'answer'), 0) AS answers
            FROM billing_usagerecord u WHERE u.tenant_id = s.tenant_id AND u.session_id = s.id) u
        CROSS JOIN LATERAL (SELECT coalesce(sum(tokens_charged), 0) AS tokens
            FROM sessions_app_answer a WHERE a.tenant_id = s.tenant_id AND a.session_id = s.id) a
        WHERE s.tenant_id = ANY(%(tenants)s) AND (u.created <> 1 OR a.tokens > u.answers)""",
    "a session is finalized with one result, one event of each kind and one audit row": """
        SELECT s.id, s.status, e.created, e.finalized, e.completed, a.finalized FROM sessions_app_session s
        CROSS JOIN LATERAL (SELECT
                count(*) FILTER (WHERE event_type = 'session.created') AS created,
                count(*) FILTER (WHERE event_type = 'session.finalized') AS finalized,
                count(*) FILTER (WHERE event_type = 'assessment.completed') AS completed
            FROM webhooks_app_event e WHERE e.tenant_id = s.tenant_id AND e.session_id = s.id) e
        CROSS JOIN LATERAL (SELECT count(*) AS finalized FROM tenants_auditevent a
            WHERE a.tenant_id = s.tenant_id AND a.target_id = s.id::text
                AND a.action = 'session.finalized') a
        WHERE s.tenant_id = ANY(%(tenants)s) AND (
            (e.created, e.finalized, e.completed, a.finalized) <> (
                SELECT 1, n, n, n FROM (SELECT (s.status = 'finalized')::int AS n) one)
            OR (s.status = 'finalized') <> (s.result IS NOT NULL AND s.completed_at IS NOT NULL))""",
    "events of a session are numbered without a gap": """
        SELECT s.id, s.event_sequence, count(e.id), min(e.sequence), max(e.sequence)
        FROM sessions_app_session s
        LEFT JOIN webhooks_app_event e ON e.tenant_id = s.tenant_id AND e.session_id = s.id
        WHERE s.tenant_id = ANY(%(tenants)s) GROUP BY s.id, s.event_sequence
        HAVING (count(e.id), count(DISTINCT e.sequence), min(e.sequence), max(e.sequence))
            IS DISTINCT FROM (s.event_sequence::bigint, s.event_sequence::bigint, 1, s.event_sequence)""",
    "the audit chain is whole": """
        SELECT t.id, v.checked, v.first_broken FROM tenants_tenant t CROSS JOIN LATERAL audit_verify(t.id) v
        WHERE t.id = ANY(%(tenants)s) AND (v.first_broken IS NOT NULL OR NOT v.head_fits)""",
}
# Table and column that name a row of another one, which must be of the same tenant.
REFERENCES = (
    ("sessions_app_answer", "session_id", "sessions_app_session"),
    ("sessions_app_feedback", "session_id", "sessions_app_session"),
    ("sessions_app_session", "patient_id", "sessions_app_patient"),
    ("webhooks_app_event", "session_id", "sessions_app_session"),
    ("tenants_idempotentcall", "session_id", "sessions_app_session"),
    ("tenants_idempotentcall", "patient_id", "sessions_app_patient"),
    ("billing_usagerecord", "session_id", "sessions_app_session"),
    ("billing_usagerecord", "key_id", "tenants_apikey"),
    ("sessions_app_session", "key_id", "tenants_apikey"),
)


def broken(tenants: Sequence[UUID]) -> dict[str, list[tuple[object, ...]]]:
    """The invariants that do not hold for these tenants, each with a few rows that break it."""
    found = {}
    with connections["system"].cursor() as cursor:
        for name, query in [*QUERIES.items(), *_crossings()]:
            cursor.execute(query, {"tenants": list(tenants)})
            if rows := cursor.fetchmany(5):
                found[name] = rows
    return found | {f"nobody may change {table}": [] for table in APPEND_ONLY if not _refuses_change(table)}


def assert_hold(*tenants: UUID) -> None:
    assert broken(tenants) == {}


def _crossings() -> list[tuple[str, str]]:
    return [
        (
            f"{table}.{column} stays within its tenant",
            f"""SELECT o.tenant_id, o.{column} FROM {table} o JOIN {target} t ON t.id = o.{column}
            WHERE (o.tenant_id = ANY(%(tenants)s) OR t.tenant_id = ANY(%(tenants)s))
                AND o.tenant_id <> t.tenant_id""",  # noqa: S608  # names of our own tables
        )
        for table, column, target in REFERENCES
    ]


def _refuses_change(table: str) -> bool:
    """Whether no role can write over a row or remove one."""
    for alias in ("default", "system", "owner"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):  # noqa: S608
            try:
                with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
                    cursor.execute(statement)
                    if cursor.rowcount:
                        return False
            except DatabaseError:
                continue
    return True
