from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import orjson
from django.db import connection

from tenants.actor import Actor
from tenants.audit.models import AuditEvent
from tenants.audit.queries import ChainCheck, verify_chain
from tenants.ids import uuid7
from tenants.work import Write, current_work, operation

logger = logging.getLogger("nessy.audit")


def record(
    *,
    actor: Actor,
    action: str,
    target_type: str = "tenant",
    target_id: object = "",
    metadata: dict[str, Any] | None = None,
) -> None:
    """Add a row to the tenant's audit chain, written at the end of the transaction under way.

    `metadata` holds names, counts and levels; never what a patient said.
    """
    current_work().at_end(
        30,
        _append,
        {
            "id": str(uuid7(actor.at)),
            "created_at": actor.now().isoformat(),
            "action": action,
            "actor_type": actor.kind,
            "actor_id": str(actor.id) if actor.id else None,
            "target_type": target_type,
            "target_id": str(target_id or actor.tenant_id),
            "request_id": actor.request_id,
            "ip": actor.ip,
            "metadata": metadata or {},
            "livemode": actor.livemode,
        },
    )


def record_read(*, actor: Actor, action: str, target_type: str, target_id: object) -> None:
    """Record that patient data was read: by a key once per hour and object, by a person every time."""
    if actor.kind == "key":
        recently = AuditEvent.objects.for_actor(actor).filter(
            target_id=str(target_id),
            action=action,
            actor_id=actor.id,
            created_at__gt=actor.now() - timedelta(hours=1),
        )
        if recently.exists():
            return
    record(actor=actor, action=action, target_type=target_type, target_id=target_id)


@operation
def check_chain(*, actor: Actor) -> ChainCheck:
    """Verify the tenant's chain and record the result in it; a broken one is an error in the log."""
    with connection.cursor() as cursor:
        # A long trail takes longer than any request may.
        cursor.execute("SET LOCAL statement_timeout = '10min'")
    check = verify_chain(actor=actor)
    if not check.ok:
        logger.error("an audit chain is broken", extra={"tenant_id": str(actor.tenant_id)})
    record(actor=actor, action="audit.verified", metadata={"ok": check.ok, "checked": check.checked})
    return check


def _append(actor: Actor, rows: list[dict[str, Any]]) -> Write:
    """Lock the chain's head, hash the rows and insert them."""
    return Write(
        "SELECT audit_append(%s, %s::jsonb)", [actor.tenant_id, orjson.dumps(rows).decode()], lambda _: None
    )
