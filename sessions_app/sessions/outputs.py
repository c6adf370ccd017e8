"""A session as the contract's JSON shapes (pure)."""

from __future__ import annotations

from typing import Any

from sessions_app.sessions.interview import plain
from sessions_app.sessions.models import Session
from sessions_app.sessions.operations import Step


def _base(session: Session) -> dict[str, Any]:
    return {
        "session_id": session.id,
        "chief_complaint": session.chief_complaint,
        "triage_level": session.triage_level,
        "questions_asked": session.questions_asked,
        "is_complete": session.current_question is None,
        "current_question": session.current_question,
    }


def state(session: Session) -> dict[str, Any]:
    return _base(session) | {
        "status": session.status,
        "active_branches": session.active_branches,
        "red_flags": session.red_flags,
        "age": session.age,
        "sex": session.sex or None,
        "patient_id": session.patient.partner_patient_id if session.patient else None,
        "created_at": session.created_at,
        "updated_at": session.updated_at,
        "expires_at": session.expires_at,
    }


def created(step: Step) -> dict[str, Any]:
    return _base(step.session) | {
        "status": step.session.status,
        "active_branches": step.session.active_branches,
        "red_flags": step.session.red_flags,
        "extracted_fields": plain(step.said.findings),
        "warnings": step.warnings,
        "created_at": step.session.created_at,
        "livemode": step.session.livemode,
    }


def answered(step: Step) -> dict[str, Any]:
    return _base(step.session) | {
        "extracted_fields": plain(step.said.findings),
        "extracted_flags": list(step.said.flags),
        "red_flags_detected": step.session.red_flags,
        "warnings": step.warnings,
    }


def routed(step: Step) -> dict[str, Any]:
    return answered(step) | {
        "confidence": round(step.routed.confidence, 3) if step.routed else 0.0,
        "secondary_cc": step.routed.secondary if step.routed else None,
        "diagnosis_hints": step.hints,
        "initial_fields": plain(step.said.findings),
        "flags": list(step.said.flags),
    }


def listed_session(session: Session, *, with_patient: bool = True) -> dict[str, Any]:
    shaped = {
        "session_id": session.id,
        "chief_complaint": session.chief_complaint,
        "status": session.status,
        "triage_level": session.triage_level,
        "primary_diagnosis": session.primary_diagnosis or None,
        "primary_diagnosis_icd": session.primary_diagnosis_icd or None,
        "questions_asked": session.questions_asked,
        "created_at": session.created_at,
        "completed_at": session.completed_at,
    }
    if with_patient:
        shaped["patient_id"] = session.patient.partner_patient_id if session.patient else None
    return shaped


def rectified(result: tuple[Session, list[str]]) -> dict[str, Any]:
    session, fields = result
    return {"session_id": session.id, "fields_changed": fields, "triage_level": session.triage_level}
