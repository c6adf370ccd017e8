"""The way to the rows of a session and back, and what closes them to changes."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from billing.tiers import TIERS
from config.errors import Conflict, NotFound, RateLimited
from sessions_app.patients.models import Patient
from sessions_app.sessions.models import Answer, Session
from tenants.actor import Actor
from tenants.rows import as_json, columns, insertion, instances, replacement, run, update
from tenants.work import Write, current_work

# By mode too: a test key does not see live data.
ONE = f"""
    SELECT {columns(Session, "s")}, p.partner_patient_id
    FROM sessions_app_session s
    LEFT JOIN sessions_app_patient p ON p.tenant_id = s.tenant_id AND p.id = s.patient_id
    WHERE s.tenant_id = %s AND s.livemode = %s AND s.id = %s
"""  # noqa: S608  # names of columns
ONE_LOCKED = ONE + "FOR UPDATE OF s"
ANSWERS = f"""
    SELECT {columns(Answer)} FROM sessions_app_answer WHERE tenant_id = %s AND session_id = %s ORDER BY place
"""  # noqa: S608  # names of columns


def get_session(actor: Actor, session_id: UUID, *, lock: bool = False) -> Session:
    """The actor's session; raises `NotFound` for another tenant's or mode's as for none at all."""
    rows = run(ONE_LOCKED if lock else ONE, [actor.tenant_id, actor.livemode, session_id])
    if not rows:
        raise NotFound("Session not found.")
    [session] = instances(Session, rows)
    if session.patient_id is not None:
        # Its other columns are loaded when somebody asks for them.
        known = {"tenant_id": actor.tenant_id, "id": session.patient_id, "partner_patient_id": rows[0][-1]}
        session.patient = Patient.from_db("default", list(known), list(known.values()))
    current_work().about_session = session.id
    current_work().about_patient = session.patient_id
    return session


def answers_of(session: Session) -> list[Answer]:
    """The session's answers in the order they were given."""
    return instances(Answer, run(ANSWERS, [session.tenant_id, session.id]))


def save(row: Session | Answer) -> None:
    """Have the row written at the end of the transaction under way."""
    closer = (
        _save_answers if isinstance(row, Answer) else _add_sessions if row._state.adding else _save_sessions
    )
    row._state.adding = False
    current_work().at_end(0, closer, row)


def _add_sessions(_actor: Actor, sessions: list[Session]) -> Write:
    return Write(insertion(Session), [as_json(sessions)])


def _save_sessions(_actor: Actor, sessions: list[Session]) -> Write:
    return Write(update(Session), [as_json(sessions)])


def _save_answers(_actor: Actor, answers: list[Answer]) -> Write:
    # A later answer to the same question takes the place of the first.
    return Write(replacement(Answer, "tenant_id", "session_id", "question_id"), [as_json(answers)])


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
