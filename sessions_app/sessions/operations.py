from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from billing.ledger.operations import debit
from config.errors import Invalid
from sessions_app.patients.models import Patient
from sessions_app.patients.operations import patient_for_session
from sessions_app.sessions.access import get_session, open_session, refuse_too_many, save
from sessions_app.sessions.intake import Opening, Said, listen, profile_entry, read_complaint, read_opening
from sessions_app.sessions.interview import Interview, entry_to_json, results_of, take_outcome
from sessions_app.sessions.models import Answer, Session
from sessions_app.sessions.progress import recompute, take_person, tell, touch
from sessions_app.triage.case import Outcome, Question
from sessions_app.triage.engine import find_question, knowledge, summary
from sessions_app.triage.routing import Routed
from tenants.actor import Actor
from tenants.audit.operations import record
from tenants.crypto import input_digest
from tenants.ids import uuid7
from tenants.work import current_work, operation

REPEAT_WINDOW = timedelta(hours=24)
NOT_UNDERSTOOD = "The answer could not be understood; the question is asked once more."
SKIPPED_UNCLEAR = "The answer could not be understood again and counts as skipped."


@dataclass(slots=True)
class Step:
    """A session after a change, and what the message that changed it was taken to say."""

    session: Session
    said: Said = field(default_factory=Said)
    routed: Routed | None = None
    hints: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@operation
def start_session(
    *,
    actor: Actor,
    chief_complaint: str,
    age: int | None = None,
    sex: str | None = None,
    free_text: str | None = None,
    initial_fields: Mapping[str, Any] | None = None,
    patient_id: str | None = None,
) -> Step:
    """Begin an interview; the complaint may be an id, a label or free words in English or Czech.

    Raises `BalanceTooLow`, and `RateLimited` at the tier's number of concurrent sessions.
    """
    opening = read_opening(
        chief_complaint=chief_complaint, free_text=free_text, initial_fields=initial_fields
    )
    patient = patient_for_session(actor=actor, partner_patient_id=patient_id) if patient_id else None
    session = Session(
        id=uuid7(actor.at),
        tenant_id=actor.tenant_id,
        livemode=actor.livemode,
        patient=patient,
        key_id=actor.id if actor.kind == "key" else None,
        chief_complaint=opening.routed.complaint,
        complaint_text=chief_complaint,
        intake=_first_entries(patient, opening),
        created_at=actor.now(),
    )
    current_work().about_session, current_work().about_patient = session.id, session.patient_id
    findings = opening.findings
    # What the client says of age and sex wins over what a text says.
    take_person(session, findings | {"age": age} if age is not None else findings)
    session.sex = sex or session.sex
    debit(actor=actor, action="create", session_id=session.id)
    recompute(actor, Interview(session, []))
    refuse_too_many(actor)
    save(session)
    record(actor=actor, action="session.created", target_type="session", target_id=session.id)
    return Step(session, Said(findings=findings), warnings=[*opening.warnings])


def _first_entries(patient: Patient | None, opening: Opening) -> list[dict[str, Any]]:
    profile = profile_entry(patient) if patient else None
    entries = [said.entry("intake") for said in opening.heard]
    return [entry_to_json(entry) for entry in ([profile, *entries] if profile else entries)]


@operation
def answer_session(
    *,
    actor: Actor,
    session_id: UUID,
    question_id: str,
    raw_text: str | None = None,
    extracted_fields: Mapping[str, Any] | None = None,
    extracted_flags: Sequence[str] = (),
    field_confidences: Mapping[str, float] | None = None,
    skip: bool = False,
) -> Step:
    """Take the answer to a question of the session, also a late or a repeated one.

    Raises `NotFound`, `Conflict` when the session is closed, `Invalid` for a
    question of another branch, `BalanceTooLow`.
    """
    session = open_session(actor, session_id)
    if skip:
        raw_text, extracted_fields, extracted_flags = None, None, ()
    digest = _digest(question_id, raw_text, extracted_fields, extracted_flags, field_confidences, skip)
    if _is_repeat(session, digest, actor):
        current_work().tokens_charged = 0
        return Step(session)
    interview = Interview.load(session)
    question = _question_of(interview, question_id)
    tokens = debit(actor=actor, action="skip" if skip else "answer", session_id=session.id)
    said = listen(
        text=raw_text or "",
        fields=extracted_fields,
        flags=tuple(extracted_flags),
        confidences=field_confidences,
        question=question,
    )
    answer = _answer_of(actor, interview, question_id, said, is_skipped=skip)
    answer.raw_text, answer.tokens_charged = raw_text or "", answer.tokens_charged + tokens
    _take_answer(actor, interview, answer, digest)
    warnings = [NOT_UNDERSTOOD] if answer.is_unclear else []
    if answer.is_skipped and not skip:
        warnings = [SKIPPED_UNCLEAR]
    return Step(session, said, warnings=[*said.warnings, *warnings])


def _question_of(interview: Interview, question_id: str) -> Question:
    current = interview.session.current_question or {}
    is_current = question_id == current.get("question_id")
    question = find_question(interview.case, question_id, knowledge(), is_current=is_current)
    if question is None:
        raise Invalid(("question_id", "This question does not belong to the session.", "invalid_choice"))
    return question


def _answer_of(
    actor: Actor, interview: Interview, question_id: str, said: Said, *, is_skipped: bool
) -> Answer:
    """The row of what was said; nothing is unclear the first time, and a skip the second."""
    former = interview.answer_to(question_id)
    nothing = not is_skipped and not said.findings and not said.flags
    was_reasked = former is not None and former.is_unclear
    return Answer(
        id=former.id if former else None,
        tenant_id=actor.tenant_id,
        session=interview.session,
        question_id=question_id,
        findings=dict(said.findings),
        flags=list(said.flags),
        confidences=said.confidences,
        is_skipped=is_skipped or (nothing and was_reasked),
        is_unclear=nothing and not was_reasked,
        tokens_charged=former.tokens_charged if former else 0,
        request_id=actor.request_id,
        answered_at=actor.now(),
    )


def _take_answer(actor: Actor, interview: Interview, answer: Answer, digest: bytes) -> None:
    session = interview.session
    interview.put(answer)
    take_person(session, answer.findings)
    recompute(actor, interview)
    answer.triage_level = session.triage_level
    if not answer.is_unclear:
        # An unclear one was asked again: the same words once more are the second try, not a lost reply.
        session.last_input, session.last_input_at = digest, actor.now()
    tell(actor, session, "session.answered", question_id=answer.question_id, skipped=answer.is_skipped)
    save(session)
    save(answer)
    record(actor=actor, action="session.answered", target_type="session", target_id=session.id)


def _digest(*parts: Any) -> bytes:
    return input_digest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))


def _is_repeat(session: Session, digest: bytes, actor: Actor) -> bool:
    """Whether the session's last change was this very input: the client lost the reply and asks again."""
    if session.last_input is None or session.last_input_at is None:
        return False
    return bytes(session.last_input) == digest and actor.now() - session.last_input_at < REPEAT_WINDOW


@operation
def route_text(*, actor: Actor, session_id: UUID, text: str) -> Step:
    """Find the branch that a free text belongs to, and take what it says as findings.

    Raises `NotFound`, `Conflict` when the session is closed, `BalanceTooLow`.
    """
    session = open_session(actor, session_id)
    interview = Interview.load(session)
    routed, said = read_complaint(text)
    debit(actor=actor, action="route", session_id=session.id)
    if routed.complaint != "general":
        session.chief_complaint = routed.complaint
    if said.findings or said.flags:
        session.intake = [*session.intake, entry_to_json(said.entry("route"))]
    take_person(session, said.findings)
    outcome = recompute(actor, interview)
    save(session)
    record(
        actor=actor,
        action="session.routed",
        target_type="session",
        target_id=session.id,
        metadata={"chief_complaint": session.chief_complaint},
    )
    return Step(session, said, routed=routed, hints=_hints(outcome), warnings=list(said.warnings))


def _hints(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"diagnosis": one.diagnosis, "icd": one.icd10, "weight": round(one.probability, 4)}
        for one in outcome.differentials[:5]
    ]


@operation
def finalize_session(*, actor: Actor, session_id: UUID) -> dict[str, Any]:
    """Close the interview, also an expired one, and freeze its results; a second time gives the same again.

    Raises `NotFound`.
    """
    session = get_session(actor, session_id, lock=True)
    if session.result is not None:
        return dict(session.result)
    interview = Interview.load(session)
    outcome = interview.evaluate()
    take_outcome(session, outcome)
    touch(session, actor)
    session.status, session.completed_at = "finalized", actor.now()
    # Nothing is asked any more: a client that goes on until `is_complete` must not run into a 409.
    session.current_question = None
    session.result = results_of(session, outcome) | {
        "status": "finalized",
        "completed_at": session.completed_at.isoformat().replace("+00:00", "Z"),
        "clinical_summary": summary(interview.case, outcome, knowledge()),
        "meta": {"tokens_charged": 0, "processing_time_ms": current_work().milliseconds()},
    }
    tell(actor, session, "session.finalized")
    tell(
        actor,
        session,
        "assessment.completed",
        primary_diagnosis=session.primary_diagnosis or None,
        primary_diagnosis_icd=session.primary_diagnosis_icd or None,
        primary_probability=session.primary_probability,
        red_flags=session.red_flags,
    )
    save(session)
    record(
        actor=actor,
        action="session.finalized",
        target_type="session",
        target_id=session.id,
        metadata={"triage_level": session.triage_level},
    )
    return dict(session.result)
