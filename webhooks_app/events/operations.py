from __future__ import annotations

from typing import Any
from uuid import UUID

from tenants.actor import Actor
from tenants.ids import uuid7
from tenants.rows import as_json, insertion
from tenants.work import Write, current_work
from webhooks_app.events.catalogue import FIELDS
from webhooks_app.events.models import Event


def emit(
    *, actor: Actor, event_type: str, data: dict[str, Any], session_id: UUID | None = None, sequence: int = 0
) -> None:
    """Put an event into the outbox, written at the end of the transaction under way.

    Raises `ValueError` for a field that the catalogue does not allow: a body must stay thin.
    """
    unknown = data.keys() - FIELDS[event_type]
    if unknown:
        raise ValueError(f"{event_type} may not carry {sorted(unknown)}")
    event = Event(
        id=uuid7(actor.at),
        tenant_id=actor.tenant_id,
        livemode=actor.livemode,
        event_type=event_type,
        session_id=session_id,
        sequence=sequence,
        data=data,
        created_at=actor.now(),
    )
    current_work().at_end(20, _insert, event)


def _insert(_actor: Actor, events: list[Event]) -> Write:
    return Write(insertion(Event), [as_json(events)])
