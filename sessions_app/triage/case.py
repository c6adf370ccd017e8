"""What goes into the engine and what comes out of it: plain values, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# True/False for a yes/no finding, a number (duration in hours), the id of one
# value, a tuple of ids; None when it was asked and is not known.
Value = bool | int | float | str | tuple[str, ...] | None
Level = Literal["self_care", "routine", "urgent", "emergency"]
Sex = Literal["male", "female", "other"]
AnswerType = Literal["yes_no", "choice", "multi_choice", "number", "scale", "duration", "free_text"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said; a later entry overrules an earlier one, finding by finding."""

    source: Literal["intake", "profile", "route", "answer"]
    findings: Mapping[str, Value] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    confidences: Mapping[str, float] = field(default_factory=dict)
    question_id: str = ""
    skipped: bool = False
    # Asked again because the first reply could not be understood.
    is_unclear: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    complaint: str
    age: int | None = None
    sex: Sex | None = None
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    label_cs: str


@dataclass(frozen=True, slots=True)
class Question:
    question_id: str
    text: str
    text_cs: str
    answer_type: AnswerType
    branch: str
    targets: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    unit: str = ""
    min: float | None = None
    max: float | None = None
    is_red_flag: bool = False
    is_reask: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class RaisedFlag:
    flag: str
    level: Level
    description: str
    description_cs: str
    source: str


@dataclass(frozen=True, slots=True)
class Differential:
    condition: str
    diagnosis: str
    diagnosis_cs: str
    icd10: str
    probability: float
    supporting: tuple[str, ...]
    against: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    level: Level
    # Why this level, in words; names rule ids where rules decided.
    reason: str
    red_flags: tuple[RaisedFlag, ...]
    question: Question | None
    differentials: tuple[Differential, ...]
    must_exclude: tuple[Differential, ...]
    # Probability of everything the knowledge base does not name.
    unclear: float
    values: Mapping[str, Value]
    branches: tuple[str, ...]
    questions_asked: int
    # How many more questions are likely; 0 when complete.
    questions_remaining: int
    recommendations: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        return self.question is None
