"""What the database says of a tenant, in the model's terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tests.faults.history import Call
from tests.faults.machine import Machine
from tests.faults.model import AUDITED, MARKS, TOLD

ACTIONS = sorted(set(AUDITED.values()))
EVENTS = sorted({event for events in TOLD.values() for event in events})


def commit_order(machine: Machine, tenant_id: UUID) -> list[str]:
    """The requests that changed something, in the order of their commits."""
    # By the server's own notes: the order of the audit chain is among what is examined.
    return [
        request
        for (request,) in _rows(
            machine,
            "SELECT request_id FROM tenants_auditevent WHERE tenant_id = %s AND action = ANY(%s)"
            " ORDER BY pg_xact_commit_timestamp(xmin), seq",
            tenant_id,
            ACTIONS,
        )
    ]


def balance_of(machine: Machine, tenant_id: UUID) -> int:
    ((balance,),) = _rows(machine, "SELECT balance FROM billing_tokenbalance WHERE tenant_id = %s", tenant_id)
    return int(balance)


def picture(machine: Machine, tenant_id: UUID) -> dict[str, Any]:
    """The tenant's books, to be compared with `Model.picture`."""
    charged: dict[str, Counter[str]] = {}
    tokens: Counter[str] = Counter()
    for session, action, count, total in _rows(
        machine,
        "SELECT session_id::text, action, count(*), sum(tokens_charged)::int FROM billing_usagerecord"
        " WHERE tenant_id = %s GROUP BY 1, 2",
        tenant_id,
    ):
        charged.setdefault(session, Counter())[action] = count
        tokens[session] += total
    events: dict[str, dict[str, int]] = {}
    for session, event, count in _rows(
        machine,
        "SELECT session_id::text, event_type, count(*) FROM webhooks_app_event"
        " WHERE tenant_id = %s AND event_type = ANY(%s) GROUP BY 1, 2",
        tenant_id,
        [*EVENTS, *(event for event, _ in MARKS)],
    ):
        events.setdefault(session or "", {})[event] = count
    statuses = _rows(
        machine, "SELECT id::text, status FROM sessions_app_session WHERE tenant_id = %s", tenant_id
    )
    counted = "SELECT action, count(*) FROM tenants_auditevent WHERE tenant_id = %s AND action = ANY(%s)"
    return {
        "balance": balance_of(machine, tenant_id),
        "balance_events": events.get("", {}),
        "audit": dict(_rows(machine, f"{counted} GROUP BY 1", tenant_id, ACTIONS)),
        "sessions": {
            name: (status, tokens[name], dict(charged.get(name, {})), events.get(name, {}))
            for name, status in statuses
        },
    }


def unaudited_reads(machine: Machine, tenant_id: UUID, calls: Iterable[Call]) -> set[str]:
    """Sessions whose state was given away without a row that says so."""
    read = {call.session_id for call in calls if call.kind == "state" and call.reply.status == 200}
    recorded = _rows(
        machine,
        "SELECT target_id FROM tenants_auditevent WHERE tenant_id = %s AND action = 'session.state_accessed'",
        tenant_id,
    )
    return read - {target for (target,) in recorded}


def _rows(machine: Machine, query: str, *values: object) -> list[tuple[Any, ...]]:
    with machine.as_superuser() as connection:
        return connection.execute(query.encode(), values).fetchall()
