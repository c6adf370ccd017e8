from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from config.paging import seek_page
from tenants.actor import Actor
from tenants.audit.models import AuditEvent
from tenants.scoping import TenantQuerySet


def matching(
    *,
    actor: Actor,
    since: datetime | None = None,
    until: datetime | None = None,
    action: Sequence[str] = (),
    actor_id: UUID | None = None,
) -> TenantQuerySet[AuditEvent]:
    """The events that an actor may see and asks for; a test key sees those of test mode."""
    events = AuditEvent.objects.for_actor(actor)
    if not actor.livemode:
        events = events.filter(livemode=False)
    given = {"created_at__gte": since, "created_at__lte": until, "actor_id": actor_id}
    events = events.filter(**{name: value for name, value in given.items() if value is not None})
    return events.filter(action__in=action) if action else events


def seek_events(
    *, actor: Actor, limit: int, cursor: str = "", **filters: Any
) -> tuple[list[AuditEvent], str | None, int]:
    """A page of events, newest first, by seek; the cursor of the next page or None."""
    return seek_page(matching(actor=actor, **filters), field="created_at", cursor=cursor, limit=limit)


@dataclass(frozen=True, slots=True)
class ChainCheck:
    ok: bool
    checked: int
    first_broken: UUID | None


def verify_chain(*, actor: Actor) -> ChainCheck:
    """Walk the tenant's audit chain; `first_broken` is the first row that does not fit.

    An edited, removed or moved row breaks the hash or the sequence; rows cut
    off the end are missed by the head, and then no row is named.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT checked, first_broken, head_fits FROM audit_verify(%s)", [actor.tenant_id])
        checked, first_broken, head_fits = cursor.fetchone()
    return ChainCheck(ok=first_broken is None and head_fits, checked=checked, first_broken=first_broken)
