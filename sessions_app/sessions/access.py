"""The way to a session row, and what closes it to changes."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from billing.tiers import TIERS
from config.errors import Conflict, NotFound, RateLimited
from sessions_app.sessions.models import Session
from tenants.actor import Actor
from tenants.work import current_work


def get_session(actor: Actor, session_id: UUID, *, lock: bool = False) -> Session:
    """The actor's session; raises `NotFound` for another tenant's or mode's as for none at all."""
    sessions = Session.objects.for_actor(actor)
    session = (sessions.select_for_update() if lock else sessions).filter(id=session_id).first()
    if session is None:
        raise NotFound("Session not found.")
    current_work().about_session = session.id
    current_work().about_patient = session.patient_id
    return session


def open_session(actor: Actor, session_id: UUID) -> Session:
    session = get_session(actor, session_id, lock=True)
    if session.status == "finalized":
        raise Conflict("The session is finalized and read-only.")
    if session.status == "expired" or session.expires_at <= actor.now():
        raise Conflict("The session has expired.")
    return session


def refuse_too_many(actor: Actor) -> None:
    if not actor.livemode:
        return
    limit = TIERS[actor.tier].concurrent_sessions
    with connection.cursor() as cursor:
        # Two creates must not both see the last free place.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 11))", [f"sessions:{actor.tenant_id}"]
        )
    if Session.objects.for_actor(actor).active().filter(expires_at__gt=actor.now()).count() >= limit:
        raise RateLimited(
            f"The tier {actor.tier} allows {limit} concurrent sessions.",
            detail={"limit": limit, "limit_type": "concurrent_sessions", "retry_after": 60},
            headers={"Retry-After": "60"},
        )
