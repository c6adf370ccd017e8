"""Between rows and the engine: a session and its answers as a Case, an Outcome as columns and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sessions_app.sessions.access import answers_of
from sessions_app.sessions.models import Answer, Session
from sessions_app.triage.case import Case, Differential, Entry, Outcome, Question, Value
from sessions_app.triage.engine import ENGINE_VERSION, evaluate, knowledge


def entry_to_json(entry: Entry) -> dict[str, Any]:
    return {
        "source": entry.source,
        "findings": dict(entry.findings),
        "flags": list(entry.flags),
        "confidences": dict(entry.confidences),
    }


def _value(stored: Any) -> Value:
    # JSON has no tuples.
    return tuple(stored) if isinstance(stored, list) else stored


def _entry_of_intake(stored: Mapping[str, Any]) -> Entry:
    return Entry(
        source=stored["source"],
        findings={name: _value(value) for name, value in stored["findings"].items()},
        flags=tuple(stored["flags"]),
        confidences=stored["confidences"],
    )


def _entry_of_answer(answer: Answer) -> Entry:
    return Entry(
        source="answer",
        findings={name: _value(value) for name, value in answer.findings.items()},
        flags=tuple(answer.flags),
        confidences=answer.confidences,
        question_id=answer.question_id,
        skipped=answer.is_skipped,
        is_unclear=answer.is_unclear,
    )


@dataclass(slots=True)
class Interview:
    """A session with its answers, as loaded."""

    session: Session
    answers: list[Answer]

    @classmethod
    def load(cls, session: Session) -> Interview:
        return cls(session, answers_of(session))

    @property
    def case(self) -> Case:
        entries = [_entry_of_intake(stored) for stored in self.session.intake]
        entries += [_entry_of_answer(answer) for answer in self.answers]
        return Case(
            complaint=self.session.chief_complaint,
            age=self.session.age,
            sex=self.session.sex or None,  # type: ignore[arg-type]  # the column's choices are the type's
            entries=tuple(entries),
        )

    def answer_to(self, question_id: str) -> Answer | None:
        return next((answer for answer in self.answers if answer.question_id == question_id), None)

    def evaluate(self) -> Outcome:
        """Recompute everything from what was said."""
        return evaluate(self.case, knowledge())

    def put(self, answer: Answer) -> None:
        """Take an answer in the place of an earlier one to its question, as the latest."""
        self.answers = [kept for kept in self.answers if kept.question_id != answer.question_id]
        answer.place = max((kept.place for kept in self.answers), default=0) + 1
        self.answers.append(answer)


def take_outcome(session: Session, outcome: Outcome) -> None:
    """Set the columns that follow from what was said."""
    first = outcome.differentials[0] if outcome.differentials else None
    session.triage_level = outcome.level
    session.red_flags = [flag.flag for flag in outcome.red_flags]
    session.active_branches = list(outcome.branches)
    session.questions_asked = outcome.questions_asked
    session.current_question = question_to_json(outcome.question) if outcome.question else None
    session.primary_diagnosis = first.diagnosis if first else ""
    session.primary_diagnosis_icd = first.icd10 if first else ""
    session.primary_probability = round(first.probability, 4) if first else None
    session.engine_version = ENGINE_VERSION
    session.knowledge_version = knowledge().version


def question_to_json(question: Question) -> dict[str, Any]:
    """The contract's Question."""
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


def differential_to_json(differential: Differential, rank: int) -> dict[str, Any]:
    return {
        "diagnosis": differential.diagnosis,
        "diagnosis_cs": differential.diagnosis_cs,
        "icd": differential.icd10,
        "icd10": differential.icd10,
        "probability": round(differential.probability, 4),
        "rank": rank,
        "supporting": list(differential.supporting),
        "against": list(differential.against),
        "unknown": list(differential.unknown),
    }


def results_of(session: Session, outcome: Outcome) -> dict[str, Any]:
    """The contract's Results, without `meta`."""
    ranked = [differential_to_json(one, rank) for rank, one in enumerate(outcome.differentials[:10], start=1)]
    return {
        "session_id": str(session.id),
        "triage_level": outcome.level,
        "triage_reason": outcome.reason,
        "differentials": ranked,
        "must_exclude": [
            {"diagnosis": one.diagnosis, "icd": one.icd10, "probability": round(one.probability, 4)}
            for one in outcome.must_exclude
        ],
        "red_flags": [
            {"flag": flag.flag, "description": flag.description, "description_cs": flag.description_cs}
            for flag in outcome.red_flags
        ],
        "primary_diagnosis": ranked[0]["diagnosis"] if ranked else None,
        "primary_diagnosis_icd": ranked[0]["icd"] if ranked else None,
        "primary_probability": ranked[0]["probability"] if ranked else None,
        "recommendations": list(outcome.recommendations),
        "questions_asked": outcome.questions_asked,
        "engine_version": ENGINE_VERSION,
        "knowledge_version": knowledge().version,
    }


def plain(values: Mapping[str, Value]) -> dict[str, Any]:
    """Finding values as JSON has them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
