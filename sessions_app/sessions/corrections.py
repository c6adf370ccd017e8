"""Changes beside the interview: demographics, rectification and erasure (GDPR), feedback, expiry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from config.errors import Conflict, Invalid
from sessions_app.sessions.access import get_session, open_session, save
from sessions_app.sessions.interview import Interview
from sessions_app.sessions.models import Answer, Feedback, Session
from sessions_app.sessions.progress import recompute, tell
from tenants.actor import Actor
from tenants.audit.operations import record
from tenants.limits.models import IdempotentCall
from tenants.work import current_work, operation
from webhooks_app.events.models import Event


def _change_person(session: Session, age: int | None, sex: str | None) -> list[str]:
    changed = []
    if age is not None and session.age != age:
        session.age = age
        changed.append("age")
    if sex is not None and session.sex != sex:
        session.sex = sex
        changed.append("sex")
    return changed


@operation
def set_demographics(
    *, actor: Actor, session_id: UUID, age: int | None = None, sex: str | None = None
) -> Session:
    """Set age or sex and recompute; raises `NotFound` or `Conflict`."""
    session = open_session(actor, session_id)
    changed = _change_person(session, age, sex)
    if changed:
        recompute(actor, Interview.load(session))
        save(session)
        record(
            actor=actor,
            action="session.demographics_changed",
            target_type="session",
            target_id=session.id,
            metadata={"fields": changed},
        )
    return session


@operation
def rectify_session(
    *,
    actor: Actor,
    session_id: UUID,
    age: int | None = None,
    sex: str | None = None,
    clear_answers: Sequence[str] = (),
    reason: str = "",
) -> tuple[Session, list[str]]:
    """Correct age or sex and take answers out; the session and the names of the fields changed.

    The reason may name the person, so the audit row says only that one was
    given. Raises `NotFound`, `Conflict`, and `Invalid` for an answer that was never given.
    """
    session = open_session(actor, session_id)
    interview = Interview.load(session)
    changed = _change_person(session, age, sex)
    unknown = [name for name in clear_answers if interview.answer_to(name) is None]
    if unknown:
        raise Invalid(
            ("clear_answers", "The session has no answer to one of these questions.", "invalid_choice")
        )
    if clear_answers:
        interview.answers = [kept for kept in interview.answers if kept.question_id not in clear_answers]
        cleared = Answer.objects.for_actor(actor).filter(session_id=session.id, question_id__in=clear_answers)
        cleared.delete()
        changed += [f"answers.{name}" for name in dict.fromkeys(clear_answers)]
    if changed:
        recompute(actor, interview)
        save(session)
        record(
            actor=actor,
            action="session.rectified",
            target_type="session",
            target_id=session.id,
            metadata={"fields": changed, "has_reason": bool(reason)},
        )
    return session, changed


@operation
def give_feedback(*, actor: Actor, session_id: UUID, accuracy: str, **said: Any) -> Feedback:
    """Store what turned out; a second feedback replaces the first. Raises `Conflict` before finalize."""
    session = get_session(actor, session_id, lock=True)
    if session.status != "finalized":
        raise Conflict("Feedback is for finalized sessions.")
    feedback = Feedback(
        session=session,
        tenant_id=actor.tenant_id,
        livemode=actor.livemode,
        accuracy=accuracy,
        actual_diagnosis=said.get("actual_diagnosis") or "",
        actual_icd10=said.get("actual_icd10") or "",
        notes=said.get("notes") or "",
        created_at=actor.now(),
    )
    feedback.save()
    record(
        actor=actor,
        action="session.feedback_given",
        target_type="session",
        target_id=session.id,
        metadata={"accuracy": accuracy},
    )
    return feedback


@operation
def erase_session(*, actor: Actor, session_id: UUID) -> None:
    """Remove every row that holds data of the session (GDPR Art. 17); raises `NotFound`.

    Usage rows stay, with the session's id only, and so does the audit row of
    the erasure: the receipt, with how many rows of each kind went.
    """
    session = get_session(actor, session_id, lock=True)
    removed = erase_sessions(actor, [session.id])
    record(
        actor=actor,
        action="session.erased",
        target_type="session",
        target_id=session.id,
        metadata={"deleted": removed},
    )
    # The reply to this very call must not be kept as one about the session.
    current_work().about_session = current_work().about_patient = None


def erase_sessions(actor: Actor, ids: Sequence[UUID]) -> dict[str, int]:
    """Delete the sessions with all that hangs on them; how many rows of each kind there were."""
    # Sessions last: the others refer to them.
    rows: dict[str, QuerySet[Any]] = {
        "feedback": Feedback.objects.for_actor(actor).filter(session_id__in=ids),
        "answers": Answer.objects.for_actor(actor).filter(session_id__in=ids),
        "stored_replies": IdempotentCall.objects.for_actor(actor).filter(session_id__in=ids),
        "events": Event.objects.for_actor(actor).filter(session_id__in=ids),
        "sessions": Session.objects.for_actor(actor).filter(id__in=ids),
    }
    return {kind: found.delete()[0] for kind, found in rows.items()}


@operation
def expire_session(*, actor: Actor, session_id: UUID) -> bool:
    """Expire a session that is still idle; False if somebody answered in the meantime."""
    session = (
        Session.objects.for_actor(actor)
        .idle_at(actor.now())
        .select_for_update()
        .filter(id=session_id)
        .first()
    )
    if session is None:
        return False
    session.status, session.current_question = "expired", None
    session.updated_at = actor.now()
    tell(actor, session, "session.timeout")
    save(session)
    record(actor=actor, action="session.expired", target_type="session", target_id=session.id)
    return True
