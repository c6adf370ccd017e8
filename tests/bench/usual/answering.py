"""What an answer does, by ORM."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone

from sessions_app.triage.case import Case
from tenants.crypto import input_digest
from tests.bench import consultation
from tests.bench.usual.models import Answer, AuditEntry, AuditHead, Balance, Event, Session, Usage

PRICE, SKIP_PRICE = 8, 0
DAY = timedelta(days=1)


class Conflict(Exception):
    """The session or the balance does not allow it."""


@dataclass
class Step:
    session: Session
    heard: consultation.Heard = field(default_factory=lambda: consultation.Heard({}, (), {}, ()))
    tokens: int = 0
    warnings: list[str] = field(default_factory=list)


def answer_session(
    *,
    key: Any,
    session_id: UUID,
    ip: str,
    question_id: str,
    raw_text: str | None = None,
    extracted_fields: dict[str, Any] | None = None,
    extracted_flags: list[str] | None = None,
    field_confidences: dict[str, float] | None = None,
    skip: bool = False,
) -> Step:
    session = _locked_session(key, session_id)
    message = [question_id, raw_text, extracted_fields, extracted_flags, field_confidences, skip]
    digest = input_digest(json.dumps(message, sort_keys=True).encode())
    if _is_repeat(session, digest):
        return Step(session)
    answers = list(Answer.objects.filter(session=session).order_by("place"))
    question = consultation.question_asked(_case_of(session, answers), question_id, session.current_question)
    if question is None:
        raise Http404
    tokens = SKIP_PRICE if skip else PRICE
    heard = consultation.hear(
        question,
        raw_text or "",
        extracted_fields or {},
        tuple(extracted_flags or ()),
        field_confidences or {},
    )
    answer = _answer_of(session, answers, question_id, heard, is_skip=skip)
    answer.raw_text, answer.tokens_charged = raw_text or "", answer.tokens_charged + tokens
    _recompute(session, heard, answers, answer, key)
    session.last_input = None if answer.is_unclear else digest
    session.last_input_at = None if answer.is_unclear else timezone.now()
    session.save()
    answer.triage_level = session.triage_level
    answer.save()
    _charge(key, session, tokens)
    _audit(key, session, ip)
    warnings = [consultation.NOT_UNDERSTOOD] if answer.is_unclear else []
    if answer.is_skipped and not skip:
        warnings = [consultation.SKIPPED_UNCLEAR]
    return Step(session, heard, tokens, [*heard.warnings, *warnings])


def _locked_session(key: Any, session_id: UUID) -> Session:
    sessions = Session.objects.select_for_update()
    session: Session | None = sessions.filter(tenant=key.tenant, livemode=key.livemode, id=session_id).first()
    if session is None:
        raise Http404
    if session.status != "active" or session.expires_at <= timezone.now():
        raise Conflict("The session is closed.")
    return session


def _is_repeat(session: Session, digest: bytes) -> bool:
    if session.last_input is None or session.last_input_at is None:
        return False
    return bytes(session.last_input) == digest and timezone.now() - session.last_input_at < DAY


def _case_of(session: Session, answers: list[Answer]) -> Case:
    entries = [
        consultation.entry_of(
            answer.question_id,
            answer.findings,
            answer.flags,
            answer.confidences,
            is_skipped=answer.is_skipped,
            is_unclear=answer.is_unclear,
        )
        for answer in answers
    ]
    return consultation.case_of(session.chief_complaint, session.age, session.sex, session.intake, entries)


def _answer_of(
    session: Session, answers: list[Answer], question_id: str, heard: consultation.Heard, *, is_skip: bool
) -> Answer:
    """Nothing is unclear the first time, and a skip the second."""
    former = next((answer for answer in answers if answer.question_id == question_id), None)
    answer = former or Answer(session=session, question_id=question_id)
    is_empty = not is_skip and not heard.findings and not heard.flags
    was_reasked = former is not None and former.is_unclear
    answer.place = max((one.place for one in answers if one is not former), default=0) + 1
    answer.findings, answer.flags = heard.findings, list(heard.flags)
    answer.confidences = heard.confidences
    answer.is_skipped = is_skip or (is_empty and was_reasked)
    answer.is_unclear = is_empty and not was_reasked
    return answer


def _recompute(
    session: Session, heard: consultation.Heard, answers: list[Answer], answer: Answer, key: Any
) -> None:
    before = session.triage_level, session.red_flags
    age, sex = heard.findings.get("age"), heard.findings.get("sex")
    if isinstance(age, (int, float)):
        session.age = int(age)
    if isinstance(sex, str):
        session.sex = sex
    kept = [one for one in answers if one is not answer]
    columns = consultation.columns_of(consultation.outcome_of(_case_of(session, [*kept, answer])))
    for name, value in columns.items():
        setattr(session, name, value)
    session.expires_at = timezone.now() + DAY
    told = {
        "session_id": str(session.id),
        "chief_complaint": session.chief_complaint,
        "status": session.status,
        "questions_asked": session.questions_asked,
        "triage_level": session.triage_level,
        "question_id": answer.question_id,
        "skipped": answer.is_skipped,
    }
    rises = consultation.announcements(str(session.id), before, columns)
    for name, data in [*rises, ("session.answered", told)]:
        session.event_sequence += 1
        Event.objects.create(
            tenant=key.tenant, session=session, sequence=session.event_sequence, event_type=name, data=data
        )


def _charge(key: Any, session: Session, tokens: int) -> None:
    # Late: the row is the tenant's one, and locked until the end.
    balance = Balance.objects.select_for_update().get(tenant=key.tenant)
    if balance.balance < tokens:
        raise Conflict("The balance is too low.")
    balance.balance -= tokens
    balance.lifetime_used += tokens
    balance.save()
    Usage.objects.create(tenant=key.tenant, session=session, key=key, action="answer", tokens_charged=tokens)


def _audit(key: Any, session: Session, ip: str) -> None:
    head, _ = AuditHead.objects.select_for_update().get_or_create(tenant=key.tenant)
    entry = AuditEntry(
        tenant=key.tenant,
        seq=head.seq + 1,
        action="session.answered",
        actor_id=key.id,
        target_id=str(session.id),
        ip=ip,
        created_at=timezone.now(),
    )
    content = [str(entry.created_at), entry.seq, entry.action, entry.actor_id, entry.target_id, ip, {}]
    entry.hash = hashlib.sha256(bytes(head.hash) + json.dumps(content).encode()).digest()
    entry.save()
    head.seq, head.hash = entry.seq, entry.hash
    head.save()
