"""Turns findings and groups of findings into questions."""

from __future__ import annotations

from collections.abc import Sequence

from sessions_app.triage.case import AnswerType, Choice, Question
from sessions_app.triage.knowledge.schema import Finding, Group

UNKNOWN = Choice("unknown", "Not sure", "Nevím")
NONE = Choice("none", "None of these", "Nic z toho")
YES = Choice("yes", "Yes", "Ano")
NO = Choice("no", "No", "Ne")
AGE_QUESTION, SEX_QUESTION = "q_age", "q_sex"
PREFIX = "q_"


def ask_finding(finding: Finding, *, branch: str, is_red_flag: bool = False, why: str = "") -> Question:
    """The question for one finding."""
    answer_type, choices = _shape(finding)
    return Question(
        question_id=f"{PREFIX}{finding.id}",
        text=finding.text,
        text_cs=finding.text_cs,
        answer_type=answer_type,
        branch=branch,
        targets=(finding.id,),
        choices=choices,
        unit="hours" if finding.type == "duration" and not finding.unit else finding.unit,
        min=_lowest(finding),
        max=10.0 if finding.type == "scale" and finding.max is None else finding.max,
        is_red_flag=is_red_flag,
        why=why,
    )


def ask_group(
    group: Group, findings: Sequence[Finding], *, branch: str, is_red_flag: bool = False, why: str = ""
) -> Question:
    """One question for those findings of a group that are still open."""
    choices = [Choice(finding.id, finding.label, finding.label_cs) for finding in findings]
    return Question(
        question_id=f"{PREFIX}{group.id}",
        text=group.text,
        text_cs=group.text_cs,
        answer_type="multi_choice",
        branch=branch,
        targets=tuple(finding.id for finding in findings),
        choices=(*choices, NONE, UNKNOWN),
        is_red_flag=is_red_flag,
        why=why,
    )


def ask_age(branch: str) -> Question:
    """The question for the age in years."""
    return Question(
        question_id=AGE_QUESTION,
        text="How old is the patient?",
        text_cs="Kolik je pacientovi let?",
        answer_type="number",
        branch=branch,
        targets=("age",),
        unit="years",
        min=0,
        max=120,
        why="Age changes which causes are likely.",
    )


def ask_sex(branch: str) -> Question:
    """The question for the sex, as far as it matters to medicine."""
    return Question(
        question_id=SEX_QUESTION,
        text="What is the patient's sex?",
        text_cs="Jaké je pohlaví pacienta?",
        answer_type="choice",
        branch=branch,
        targets=("sex",),
        choices=(
            Choice("male", "Male", "Muž"),
            Choice("female", "Female", "Žena"),
            Choice("other", "Other", "Jiné"),
            UNKNOWN,
        ),
        why="Sex changes which causes are possible.",
    )


def _shape(finding: Finding) -> tuple[AnswerType, tuple[Choice, ...]]:
    options = tuple(Choice(option.id, option.label, option.label_cs) for option in finding.values)
    if finding.type == "binary":
        return "yes_no", (YES, NO, UNKNOWN)
    if finding.type == "categorical":
        return "choice", (*options, UNKNOWN)
    if finding.type == "multi":
        return "multi_choice", (*options, NONE, UNKNOWN)
    return finding.type, ()


def _lowest(finding: Finding) -> float | None:
    if finding.min is not None or finding.type == "number":
        return finding.min
    return 0.0 if finding.type in ("duration", "scale") else None
