from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from config.paging import day_bounds, page_of
from sessions_app.sessions.access import get_session
from sessions_app.sessions.interview import Interview, plain, question_to_json, results_of
from sessions_app.sessions.models import Answer, Feedback, Session
from sessions_app.sessions.outputs import listed_session, state
from sessions_app.triage.case import Case, Question
from sessions_app.triage.engine import find_question, knowledge, questions_of
from tenants.actor import Actor


def session_state(*, actor: Actor, session_id: UUID) -> Session:
    return get_session(actor, session_id)


def results(*, actor: Actor, session_id: UUID) -> dict[str, Any]:
    """What is known so far; of a finalized session what it was finalized with."""
    session = get_session(actor, session_id)
    if session.result is not None:
        return {name: session.result[name] for name in session.result if name not in _FINAL_ONLY}
    return results_of(session, Interview.load(session).evaluate())


_FINAL_ONLY = ("status", "completed_at", "clinical_summary", "meta")


def questions(*, actor: Actor, session_id: UUID) -> dict[str, Any]:
    """The questions asked with what was answered, and those likely to come."""
    session = get_session(actor, session_id)
    interview = Interview.load(session)
    listed = [_asked(question, interview) for question, _ in questions_of(interview.case, knowledge())]
    current = session.current_question if session.status == "active" else None
    if session.status != "active":
        listed = [question for question in listed if question["answered"] or question["skipped"]]
    open_questions = sum(not (question["answered"] or question["skipped"]) for question in listed)
    return {
        "session_id": session.id,
        "questions_asked": session.questions_asked,
        "questions_remaining": open_questions if current else 0,
        "questions_total": len(listed),
        "current_question_id": current["question_id"] if current else None,
        "questions": listed,
    }


def _asked(question: Question, interview: Interview) -> dict[str, Any]:
    answer = interview.answer_to(question.question_id)
    return question_to_json(question) | {
        "answered": answer is not None and not answer.is_skipped and not answer.is_unclear,
        "skipped": answer is not None and answer.is_skipped,
        "value": plain(answer.findings) if answer else {},
    }


def _filtered(
    actor: Actor,
    *,
    date_from: date | None = None,
    date_to: date | None = None,
    patient_id: str = "",
    **equal: Any,
) -> QuerySet[Session]:
    sessions = Session.objects.for_actor(actor).filter(
        **day_bounds(date_from=date_from, date_to=date_to),
        **{name: value for name, value in equal.items() if value},
    )
    if patient_id:
        sessions = sessions.filter(patient__partner_patient_id=patient_id)
    return sessions.select_related("patient").order_by("-created_at", "-id")


def listing(*, actor: Actor, limit: int, offset: int, **filters: Any) -> dict[str, Any]:
    page = page_of(_filtered(actor, **filters), limit=limit, offset=offset, shape=listed_session)
    # The official client reads this name.
    return page | {"sessions": page["data"]}


def full_record(*, actor: Actor, session_id: UUID) -> dict[str, Any]:
    """Everything that is known of a session, for its export."""
    session = get_session(actor, session_id)
    answers = list(Answer.objects.for_actor(actor).filter(session_id=session.id).order_by("place"))
    feedback = Feedback.objects.for_actor(actor).filter(session_id=session.id).first()
    return _record(session, answers, feedback)


def bulk_export(*, actor: Actor, limit: int, **filters: Any) -> dict[str, Any]:
    """Full records of finalized sessions, newest first."""
    sessions = _filtered(actor, status="finalized", **filters)
    chosen = list(sessions[:limit])
    ids = [session.id for session in chosen]
    answers: dict[UUID, list[Answer]] = {}
    for answer in Answer.objects.for_actor(actor).filter(session_id__in=ids).order_by("place"):
        answers.setdefault(answer.session_id, []).append(answer)
    feedback = {row.session_id: row for row in Feedback.objects.for_actor(actor).filter(session_id__in=ids)}
    records = [_record(session, answers.get(session.id, []), feedback.get(session.id)) for session in chosen]
    return {"total": sessions.count(), "exported": len(records), "sessions": records}


def _record(session: Session, answers: list[Answer], feedback: Feedback | None) -> dict[str, Any]:
    interview = Interview(session, answers)
    case = interview.case
    found = session.result or results_of(session, interview.evaluate())
    return state(session) | {
        "livemode": session.livemode,
        "complaint_text": session.complaint_text,
        "intake": session.intake,
        "answers": [_recorded_answer(answer, case) for answer in answers],
        "triage_path": [
            {"question_id": answer.question_id, "triage_level": answer.triage_level, "at": answer.answered_at}
            for answer in answers
        ],
        "triage_reason": found["triage_reason"],
        "red_flags_detail": found["red_flags"],
        "differentials": found["differentials"],
        "recommendations": found["recommendations"],
        "clinical_summary": found.get("clinical_summary"),
        "feedback": _recorded_feedback(feedback) if feedback else None,
        "completed_at": session.completed_at,
        "engine_version": found["engine_version"],
        "knowledge_version": found["knowledge_version"],
    }


def _recorded_answer(answer: Answer, case: Case) -> dict[str, Any]:
    # One question at a time: to list them all, the engine would also work out the coming ones.
    question = find_question(case, answer.question_id, knowledge())
    return {
        "question_id": answer.question_id,
        "question": question.text if question else "",
        "raw_text": answer.raw_text,
        "extracted_fields": answer.findings,
        "extracted_flags": answer.flags,
        "skipped": answer.is_skipped,
        "understood": not answer.is_unclear,
        "tokens_charged": answer.tokens_charged,
        "answered_at": answer.answered_at,
    }


def _recorded_feedback(feedback: Feedback) -> dict[str, Any]:
    return {
        "accuracy": feedback.accuracy,
        "actual_diagnosis": feedback.actual_diagnosis or None,
        "actual_icd10": feedback.actual_icd10 or None,
        "notes": feedback.notes or None,
        "created_at": feedback.created_at,
    }
