"""The triage engine: a pure function from the evidence log to an outcome."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from sessions_app.triage.answers import accept_flags, normalise
from sessions_app.triage.asking import ask_finding
from sessions_app.triage.belief import believe
from sessions_app.triage.case import Case, Entry, Outcome, Question
from sessions_app.triage.evidence import gather
from sessions_app.triage.explanation import differentials
from sessions_app.triage.interview import Interview
from sessions_app.triage.knowledge.loader import Knowledge, load
from sessions_app.triage.levels import decide
from sessions_app.triage.questions import (
    build_question,
    candidates,
    next_questions,
    obligatory,
)
from sessions_app.triage.red_flags import raised_flags
from sessions_app.triage.report import recommendations, summary
from sessions_app.triage.rulebook import judge

__all__ = [
    "ENGINE_VERSION",
    "accept_flags",
    "evaluate",
    "find_question",
    "knowledge",
    "normalise",
    "questions_of",
    "summary",
]

ENGINE_VERSION = "0.1.0"
LIKELY_NEXT = 5


@lru_cache(maxsize=1)
def knowledge() -> Knowledge:
    """The knowledge base, read once per process; raises KnowledgeError."""
    return load()


def evaluate(case: Case, knowledge: Knowledge) -> Outcome:
    """Everything that follows from the entries; nothing is kept between calls."""
    interview = _study(case, knowledge)
    evidence, belief = interview.evidence, interview.belief
    question, remaining = next_questions(interview)
    likely, severe = differentials(interview)
    return Outcome(
        level=interview.level,
        reason=interview.reason,
        red_flags=raised_flags(interview.verdicts.fired, knowledge),
        question=question,
        differentials=likely,
        must_exclude=severe,
        unclear=round(float(belief.posterior[-1]), 4),
        values=evidence.values,
        branches=evidence.branches,
        questions_asked=len(evidence.settled),
        questions_remaining=remaining,
        recommendations=recommendations(interview.level, interview.verdicts.fired, likely, knowledge),
    )


def questions_of(case: Case, knowledge: Knowledge) -> list[tuple[Question, Entry | None]]:
    """The questions asked so far with what was answered, then the likely next ones."""
    interview = _study(case, knowledge)
    listed: dict[str, tuple[Question, Entry | None]] = {}
    for question_id, entry in interview.evidence.settled.items():
        question = find_question(case, question_id, knowledge)
        if question is not None:
            listed[question_id] = (question, entry)
    current, _ = next_questions(interview)
    if current is not None:
        upcoming = [current, *obligatory(interview)]
        branch = interview.evidence.branches[0]
        upcoming.extend(
            ask_finding(finding, branch=branch)
            for finding in candidates(interview).findings
            if not any(finding.id in question.targets for question in upcoming)
        )
        for question in upcoming[: LIKELY_NEXT + 1]:
            listed.setdefault(question.question_id, (question, None))
    return list(listed.values())


def find_question(
    case: Case, question_id: str, knowledge: Knowledge, *, is_current: bool = False
) -> Question | None:
    """Any question that belongs to the session's branches, asked already or not.

    The current one may ask for a finding of no branch, where an urgency hangs on it.
    """
    # As it was asked: without what its own answer told.
    earlier = tuple(entry for entry in case.entries if entry.question_id != question_id)
    evidence = gather(replace(case, entries=earlier), knowledge)
    settled = any(entry.question_id == question_id for entry in case.entries)
    return build_question(question_id, evidence, knowledge, is_asked=settled or is_current)


def _study(case: Case, knowledge: Knowledge) -> Interview:
    evidence = gather(case, knowledge)
    belief = believe(evidence, knowledge)
    verdicts = judge(evidence, knowledge)
    decision = decide(evidence, belief, verdicts, knowledge)
    return Interview(
        evidence=evidence,
        knowledge=knowledge,
        belief=belief,
        ranks=decision.ranks,
        verdicts=verdicts,
        level=decision.level,
        reason=decision.reason,
    )
