"""What every change of a session ends with: recompute, announce, push back the expiry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings

from sessions_app.sessions.interview import Interview, take_outcome
from sessions_app.sessions.models import LEVELS, Session
from sessions_app.triage.case import Outcome, Value
from tenants.actor import Actor
from webhooks_app.events.operations import emit

ESCALATED_FROM = LEVELS.index("urgent")


def take_person(session: Session, findings: Mapping[str, Value]) -> None:
    """Age and sex are facts of the session; told in the interview they arrive among the findings."""
    age, sex = findings.get("age"), findings.get("sex")
    if isinstance(age, (int, float)) and not isinstance(age, bool):
        session.age = int(age)
    if isinstance(sex, str):
        session.sex = sex


def touch(session: Session, actor: Actor) -> None:
    """Note a change: the session lives on, and a repeated input is a new one."""
    session.updated_at = actor.now()
    session.expires_at = actor.now() + timedelta(hours=settings.SESSION_IDLE_HOURS)
    session.last_input = None
    session.last_input_at = None


def recompute(actor: Actor, interview: Interview) -> Outcome:
    """Run the engine, set the session's columns and announce what rose."""
    session = interview.session
    is_new = session._state.adding
    before_level = "" if is_new else session.triage_level
    before_flags = set(session.red_flags)
    outcome = interview.evaluate()
    take_outcome(session, outcome)
    touch(session, actor)
    if is_new:
        tell(actor, session, "session.created")
    tell_progress(actor, session, before_level=before_level, before_flags=before_flags)
    return outcome


def tell(actor: Actor, session: Session, event_type: str, **more: Any) -> None:
    """Put an event of the session into the outbox: ids, levels and counts, never words."""
    data = {
        "session_id": str(session.id),
        "chief_complaint": session.chief_complaint,
        "status": session.status,
        "questions_asked": session.questions_asked,
        "triage_level": session.triage_level,
        **more,
    }
    if session.patient is not None:
        data["patient_id"] = session.patient.partner_patient_id
    _emit(actor, session, event_type, data)


def tell_progress(actor: Actor, session: Session, *, before_level: str, before_flags: set[str]) -> None:
    """Announce each new red flag, and every rise to urgent or above."""
    for flag in session.red_flags:
        if flag not in before_flags:
            data = {"session_id": str(session.id), "flag": flag, "triage_level": session.triage_level}
            _emit(actor, session, "red_flag.detected", data)
    # A session that has just begun rises from the lowest level.
    before = LEVELS.index(before_level or "self_care")
    after = LEVELS.index(session.triage_level)
    if after > before and after >= ESCALATED_FROM:
        data = {"session_id": str(session.id), "from": LEVELS[before], "to": session.triage_level}
        _emit(actor, session, "triage.escalated", data)


def _emit(actor: Actor, session: Session, event_type: str, data: dict[str, Any]) -> None:
    session.event_sequence += 1
    emit(
        actor=actor, event_type=event_type, data=data, session_id=session.id, sequence=session.event_sequence
    )
