"""What both peers do with the engine: stored rows to a Case, an answer heard, an Outcome to be stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sessions_app.triage.answers import accept_flags, normalise
from sessions_app.triage.case import Case, Entry, Outcome, Question, Value
from sessions_app.triage.engine import ENGINE_VERSION, evaluate, find_question, knowledge
from sessions_app.triage.listening import understand
from sessions_app.triage.routing import match_complaint

LEVELS = ("self_care", "routine", "urgent", "emergency")
NOT_UNDERSTOOD = "The answer could not be understood; the question is asked once more."
SKIPPED_UNCLEAR = "The answer could not be understood again and counts as skipped."


@dataclass(frozen=True, slots=True)
class Heard:
    """What an answer says."""

    findings: dict[str, Value]
    flags: tuple[str, ...]
    confidences: dict[str, float]
    warnings: tuple[str, ...]


def warm_up() -> None:
    """Read the knowledge and use the engine once, so that no request waits for it."""
    base = knowledge()
    evaluate(Case("general"), base)
    understand("a headache", base)
    match_complaint("a headache", base)


def case_of(
    complaint: str, age: int | None, sex: str, intake: Iterable[Mapping[str, Any]], answers: Iterable[Entry]
) -> Case:
    entries = [
        Entry(one["source"], _values(one["findings"]), tuple(one["flags"]), one["confidences"])
        for one in intake
    ]
    return Case(complaint, age, sex or None, (*entries, *answers))  # type: ignore[arg-type]  # a stored choice


def entry_of(
    question_id: str,
    findings: Mapping[str, Any],
    flags: Sequence[str],
    confidences: Mapping[str, float],
    *,
    is_skipped: bool,
    is_unclear: bool,
) -> Entry:
    return Entry("answer", _values(findings), tuple(flags), confidences, question_id, is_skipped, is_unclear)


def _values(stored: Mapping[str, Any]) -> dict[str, Value]:
    # JSON has no tuples.
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}


def question_asked(case: Case, question_id: str, current: Mapping[str, Any] | None) -> Question | None:
    is_current = question_id == (current or {}).get("question_id")
    return find_question(case, question_id, knowledge(), is_current=is_current)


def hear(
    question: Question,
    text: str,
    fields: Mapping[str, Any],
    flags: tuple[str, ...],
    confidences: Mapping[str, float],
) -> Heard:
    """The client's fields win over what its text says; flags are united."""
    base = knowledge()
    given, warnings = normalise(question, fields, base)
    known_flags, flag_warnings = accept_flags(flags, base)
    heard: dict[str, Value] = {}
    sureness: dict[str, float] = {}
    if text and not fields:
        understood = understand(text, base, question)
        heard, sureness = dict(understood.findings), dict(understood.confidences)
        known_flags += tuple(flag for flag in understood.flags if flag not in known_flags)
    sureness |= {name: value for name, value in confidences.items() if name in heard or name in given}
    return Heard(heard | given, known_flags, sureness, (*warnings, *flag_warnings))


def outcome_of(case: Case) -> Outcome:
    return evaluate(case, knowledge())


def columns_of(outcome: Outcome) -> dict[str, Any]:
    """The session's columns that follow from what was said."""
    first = outcome.differentials[0] if outcome.differentials else None
    return {
        "triage_level": outcome.level,
        "red_flags": [flag.flag for flag in outcome.red_flags],
        "active_branches": list(outcome.branches),
        "questions_asked": outcome.questions_asked,
        "current_question": _question_json(outcome.question) if outcome.question else None,
        "primary_diagnosis": first.diagnosis if first else "",
        "primary_diagnosis_icd": first.icd10 if first else "",
        "primary_probability": round(first.probability, 4) if first else None,
        "engine_version": ENGINE_VERSION,
        "knowledge_version": knowledge().version,
    }


def _question_json(question: Question) -> dict[str, Any]:
    complaint = knowledge().complaints.get(question.branch)
    return {
        "question_id": question.question_id,
        "text": question.text,
        "text_cs": question.text_cs,
        "answer_type": question.answer_type,
        "options": [choice.value for choice in question.choices],
        "option_labels": [
            {"value": choice.value, "label": choice.label, "label_cs": choice.label_cs}
            for choice in question.choices
        ],
        "unit": question.unit or None,
        "min": question.min,
        "max": question.max,
        "branch": question.branch,
        "branch_display": complaint.text if complaint else "",
        "targets": list(question.targets),
        "is_red_flag": question.is_red_flag,
        "is_reask": question.is_reask,
        "why": question.why,
    }


def announcements(
    session_id: str, before: tuple[str, Sequence[str]], after: Mapping[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    """Events of what rose: each new red flag, and a level that is now urgent or above."""
    level_before, flags_before = before
    level = after["triage_level"]
    events: list[tuple[str, dict[str, Any]]] = [
        ("red_flag.detected", {"session_id": session_id, "flag": flag, "triage_level": level})
        for flag in after["red_flags"]
        if flag not in flags_before
    ]
    if LEVELS.index(level) > LEVELS.index(level_before) and level in ("urgent", "emergency"):
        told = {"session_id": session_id, "from": level_before, "to": level}
        events.append(("triage.escalated", told))
    return events
