"""Sixty days of a clinic's work, done by the real operations at the instants it would have been done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from sessions_app.patients.operations import upsert_profile
from sessions_app.sessions.corrections import expire_session, give_feedback
from sessions_app.sessions.models import Session
from sessions_app.sessions.operations import answer_session, finalize_session, start_session
from sessions_app.triage.engine import knowledge
from sessions_app.triage.simulate import Patient as SimulatedPatient
from sessions_app.triage.simulate import draw_patient, replies
from tenants.actor import Actor, system_actor
from tenants.work import work_of

DAYS = 60
SESSIONS = 320
REGULARS = 70
TEST_SHARE, ABANDONED_SHARE, SKIP_SHARE, FEEDBACK_SHARE = 0.12, 0.08, 0.05, 0.25
# Consultations by hour of the day: few at night, a morning and an evening peak.
HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 8, 12, 12, 10, 8, 7, 8, 9, 9, 9, 10, 11, 10, 8, 5, 3, 2], dtype=float)
HISTORIES: tuple[dict[str, Any], ...] = (
    {"chronic_conditions": ["hypertension"], "current_medications": ["ramipril 5 mg"]},
    {"chronic_conditions": ["type 2 diabetes", "hypertension"], "current_medications": ["metformin 850 mg"]},
    {
        "chronic_conditions": ["asthma"],
        "current_medications": ["salbutamol inhaler"],
        "allergies": ["pollen"],
    },
    {"allergies": ["penicillin"], "smoking_status": "never"},
    {
        "risk_factors": ["smoker"],
        "smoking_status": "current",
        "family_history": ["heart attack (father, 52)"],
    },
    {"chronic_conditions": ["hypothyroidism"], "current_medications": ["levothyroxine 75 µg"]},
    {"smoking_status": "former", "alcohol_status": "occasional"},
)


@dataclass(frozen=True, slots=True)
class Visit:
    at: datetime
    patient: SimulatedPatient
    partner_patient_id: str | None
    is_test: bool
    is_abandoned: bool


def live_through(*, live: Actor, test: Actor, now: datetime, seed: int = 7, sessions: int = SESSIONS) -> int:
    """Carry out the visits of the last 60 days in order; how many sessions there were.

    `live` and `test` are the tenant's two keys as actors.
    """
    rng = np.random.default_rng(seed)
    count = 0
    for visit in _visits(rng, now, sessions):
        key = test if visit.is_test else live
        # One transaction a visit: the sweep of idle sessions must not find one of the past half done.
        with work_of(_at(key, visit.at)):
            _carry_out(visit, key, now, rng)
        count += 1
    return count


def _visits(rng: np.random.Generator, now: datetime, sessions: int) -> Iterator[Visit]:
    base = knowledge()
    conditions = list(base.conditions.values())
    # The square root brings rare conditions into view without making every other visit an emergency.
    weights = np.array([np.sqrt(sum(c.rate_m) + sum(c.rate_f)) / c.severity for c in conditions])
    for at in sorted(_instants(rng, now, sessions)):
        patient = None
        while patient is None:
            chosen = conditions[int(rng.choice(len(conditions), p=weights / weights.sum()))]
            patient = draw_patient(chosen, base, rng)
        regular = f"AC-{1000 + int(rng.integers(REGULARS))}" if rng.random() < 0.6 else None
        is_recent = now - at < timedelta(hours=2)
        yield Visit(
            at, patient, regular, rng.random() < TEST_SHARE, is_recent or rng.random() < ABANDONED_SHARE
        )


def _instants(rng: np.random.Generator, now: datetime, sessions: int) -> Iterator[datetime]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    while sessions > 0:
        day = DAYS * (1 - rng.random() ** 0.85)
        hour = int(rng.choice(24, p=HOURS / HOURS.sum()))
        at = midnight - timedelta(days=int(day)) + timedelta(hours=hour, minutes=59 * rng.random())
        if at < now - timedelta(minutes=20) and (at.weekday() < 5 or rng.random() < 0.5):
            sessions -= 1
            yield at


def _carry_out(visit: Visit, key: Actor, now: datetime, rng: np.random.Generator) -> None:
    clock = visit.at
    if visit.partner_patient_id and rng.random() < 0.5:
        facts = HISTORIES[int(visit.partner_patient_id[-2:]) % len(HISTORIES)]
        upsert_profile(actor=_at(key, clock), patient_id=visit.partner_patient_id, **facts)
    case = visit.patient.case
    complaint = knowledge().complaints[case.complaint]
    words = (complaint.text, *complaint.synonyms.en[:4])
    step = start_session(
        actor=_at(key, clock),
        chief_complaint=words[int(rng.integers(len(words)))],
        age=case.age,
        sex=case.sex,
        patient_id=visit.partner_patient_id,
    )
    session = step.session
    answers = int(rng.integers(1, 5)) if visit.is_abandoned else 99
    while session.current_question is not None and answers > 0:
        clock = min(clock + timedelta(seconds=8 + 40 * rng.random()), now)
        session = _answer(session, visit.patient, _at(key, clock), rng)
        answers -= 1
    if visit.is_abandoned:
        if session.expires_at <= now:
            sweep = system_actor(key.tenant_id, livemode=key.livemode, at=session.expires_at)
            expire_session(actor=sweep, session_id=session.id)
        return
    clock = min(clock + timedelta(seconds=5), now)
    results = finalize_session(actor=_at(key, clock), session_id=session.id)
    if rng.random() < FEEDBACK_SHARE:
        _give_feedback(session.id, results, visit, _at(key, min(clock + timedelta(minutes=4), now)))


def _answer(session: Session, patient: SimulatedPatient, actor: Actor, rng: np.random.Generator) -> Session:
    question = session.current_question or {}
    question_id = question["question_id"]
    if rng.random() < SKIP_SHARE:
        return answer_session(actor=actor, session_id=session.id, question_id=question_id, skip=True).session
    base = knowledge()
    fields = replies(question["targets"], patient, base, rng)
    return answer_session(
        actor=actor, session_id=session.id, question_id=question_id, extracted_fields=fields
    ).session


def _give_feedback(session_id: UUID, results: dict[str, Any], visit: Visit, actor: Actor) -> None:
    named = [one["diagnosis"] for one in results["differentials"]]
    condition = knowledge().conditions[visit.patient.condition]
    is_first = named[:1] == [condition.name]
    accuracy = "correct" if is_first else "partially_correct" if condition.name in named else "incorrect"
    give_feedback(
        actor=actor,
        session_id=session_id,
        accuracy=accuracy,
        actual_diagnosis=condition.name,
        actual_icd10=condition.icd10[0],
    )


def _at(actor: Actor, at: datetime) -> Actor:
    return replace(actor, at=at, request_id=str(uuid4()))
