"""A second database of the product, in which one tenant has a long history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

from config.provisioning import OWNER, Plan, provision
from tests.bench.ground import DATABASE, Ground

LONG_DATABASE = "nessy_long"
ANSWERS = 7

# Rows of a tenant's finalized sessions as they are left when kept replies are forgotten. The frozen
# results are small here: an answer does not read them.
SESSIONS = """
    INSERT INTO sessions_app_session SELECT filled.*
    FROM (SELECT now() - interval '1 year' * n / %(sessions)s AS at
          FROM generate_series(%(sessions)s, 1, -1) AS n) AS made, sessions_app_session s,
        jsonb_populate_record(s, jsonb_build_object('id', uuidv7(made.at - now()), 'status', 'finalized',
            'current_question', NULL, 'result', '{}'::jsonb, 'questions_asked', %(answers)s,
            'event_sequence', %(answers)s + 1, 'created_at', made.at, 'updated_at', made.at,
            'completed_at', made.at, 'expires_at', made.at + interval '1 day')) AS filled
    WHERE s.id = %(template)s
"""
ANSWER_ROWS = """
    INSERT INTO sessions_app_answer (tenant_id, session_id, place, question_id, raw_text, findings, flags,
        confidences, is_skipped, is_unclear, tokens_charged, triage_level, request_id, answered_at)
    SELECT s.tenant_id, s.id, n, 'question_' || n, '', '{"fever": true}', '{}', '{}', false, false, 8,
        s.triage_level, s.id::text, s.created_at
    FROM sessions_app_session s, generate_series(1, %(answers)s) AS n
    WHERE s.tenant_id = %(tenant)s AND s.status = 'finalized'
"""
USAGE = """
    INSERT INTO billing_usagerecord (id, tenant_id, livemode, session_id, key_id, action, tokens_charged,
        request_id, latency_ms, created_at)
    SELECT uuidv7(s.created_at - now()), s.tenant_id, s.livemode, s.id, s.key_id, 'answer', 8, s.id::text, 10,
        s.created_at
    FROM sessions_app_session s, generate_series(0, %(answers)s) AS n
    WHERE s.tenant_id = %(tenant)s AND s.status = 'finalized'
"""
EVENTS = """
    INSERT INTO webhooks_app_event (id, tenant_id, livemode, event_type, session_id, sequence, data,
        created_at)
    SELECT uuidv7(s.created_at - now()), s.tenant_id, s.livemode, 'session.answered', s.id, n + 1,
        jsonb_build_object('session_id', s.id, 'status', 'active', 'triage_level', s.triage_level),
        s.created_at
    FROM sessions_app_session s, generate_series(0, %(answers)s) AS n
    WHERE s.tenant_id = %(tenant)s AND s.status = 'finalized'
"""
AUDIT = """
    INSERT INTO tenants_auditevent (id, tenant_id, seq, created_at, action, actor_type, actor_id, target_type,
        target_id, request_id, ip, metadata, livemode, hash)
    SELECT uuidv7(s.created_at - now()), s.tenant_id, h.seq + row_number() OVER (), s.created_at,
        'session.answered', 'key', s.key_id, 'session', s.id, s.id::text, '127.0.0.1', '{}', s.livemode,
        sha256(s.id::text::bytea)
    FROM tenants_audithead h, sessions_app_session s, generate_series(0, %(answers)s) AS n
    WHERE h.tenant_id = %(tenant)s AND s.tenant_id = %(tenant)s AND s.status = 'finalized'
"""
HEAD = """
    UPDATE tenants_audithead SET seq = (SELECT max(seq) FROM tenants_auditevent WHERE tenant_id = %(tenant)s)
    WHERE tenant_id = %(tenant)s
"""


def long_history(ground: Ground, tenant: UUID, template: UUID, *, short: int, long: int) -> dict[str, str]:
    """Give the tenant `short` sessions here and `long` in a copy of the database.

    Returns the variables of the copy. No side may run: a database in use cannot be copied.
    """
    with psycopg.connect(ground.admin_url("postgres"), autocommit=True) as connection:
        # Our own, and any that the server has not yet seen closed.
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [DATABASE]
        )
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                *map(sql.Identifier, (LONG_DATABASE, DATABASE, OWNER))
            )
        )
    variables = provision(ground.postgres.admin_url, Plan(LONG_DATABASE, {}))
    for database, sessions in ((DATABASE, short), (LONG_DATABASE, long)):
        (own,) = ground.clone_sessions([template], [tenant], database=database)
        _fill(ground.admin_url(database), tenant, own, sessions)
    return variables


def _fill(url: str, tenant: UUID, template: UUID, sessions: int) -> None:
    values = {"tenant": tenant, "template": template, "sessions": sessions, "answers": ANSWERS}
    statements: Sequence[LiteralString] = (SESSIONS, ANSWER_ROWS, USAGE, EVENTS, AUDIT, HEAD)
    with psycopg.connect(url, autocommit=True) as connection:
        # Rows of a finalized session are refused by triggers.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for statement in statements:
            connection.execute(statement, values)
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
