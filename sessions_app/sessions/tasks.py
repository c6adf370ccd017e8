from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from sessions_app.sessions.corrections import expire_session
from sessions_app.sessions.models import Session
from tenants.actor import system_actor
from tenants.sweeps import sweep

BATCH = 200


@shared_task
def expire_idle() -> int:
    """Expire sessions that nobody has answered for too long, each in a transaction of its own; how many."""
    idle = Session.objects.using("system").idle_at(timezone.now()).order_by("expires_at")
    rows = list(idle.values_list("tenant_id", "id", "livemode")[:BATCH])
    return sweep(rows, _expire)


def _expire(row: tuple[UUID, UUID, bool]) -> bool:
    tenant_id, session_id, livemode = row
    return expire_session(actor=system_actor(tenant_id, livemode=livemode), session_id=session_id)
