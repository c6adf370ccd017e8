"""Cases from outside, one JSON object a line, with what is known of their truth."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sessions_app.triage.answers import to_value
from sessions_app.triage.case import Level, Sex, Value
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.red_flags import rank

_CODE = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?")


class BadCases(Exception):
    """Lines that are no cases; `problems` name the line and the field."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} problems")


def _number_as_text(raw: object) -> object:
    is_number = isinstance(raw, int) and not isinstance(raw, bool)
    return str(raw) if is_number else raw


def _category(raw: object) -> str:
    code = raw.strip().upper() if isinstance(raw, str) else ""
    if not _CODE.fullmatch(code):
        raise ValueError("no ICD-10 code")
    return code[:3]


def _as_list(raw: object) -> object:
    return [raw] if isinstance(raw, str) else raw


class Vignette(BaseModel):
    """One patient's story; without `gold_level` or `gold_icd10` it is run and not judged by it."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    id: Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(_number_as_text)]
    text: Annotated[str, Field(min_length=1)]
    # Of an infant years may come as a part of one.
    age: Annotated[float, Field(ge=0, le=120)] | None = None
    sex: Sex | None = None
    chief_complaint: str | None = None
    answers: dict[str, Any] = {}
    # Every level that counts as right, the most harmless first.
    gold_level: Annotated[tuple[Level, ...], BeforeValidator(_as_list)] = ()
    # Categories, the first three characters of the codes.
    gold_icd10: Annotated[
        tuple[Annotated[str, BeforeValidator(_category)], ...], BeforeValidator(_as_list)
    ] = ()

    @property
    def lowest(self) -> int:
        """Rank of the most harmless accepted level."""
        return min(map(rank, self.gold_level))

    @property
    def highest(self) -> int:
        """Rank of the most urgent accepted level."""
        return max(map(rank, self.gold_level))


@dataclass(frozen=True, slots=True)
class Reading:
    vignettes: tuple[Vignette, ...]
    # Names of fields that mean nothing here, for a warning.
    ignored: tuple[str, ...]


def read_cases(lines: Iterable[str], knowledge: Knowledge) -> Reading:
    """Read a JSONL file; raises BadCases with every bad line, so that none is left out unseen."""
    vignettes: list[Vignette] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    ignored: dict[str, None] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            raw = _object(line)
            vignette = Vignette.model_validate({name: raw[name] for name in raw if raw[name] is not None})
        except ValueError as problem:
            problems.extend(f"line {number}: {text}" for text in _told(problem))
            continue
        ignored |= dict.fromkeys(name for name in raw if name not in Vignette.model_fields)
        if vignette.id in seen:
            problems.append(f"line {number}: id: the same as in line {seen[vignette.id]}")
        seen.setdefault(vignette.id, number)
        values, wrong = _values(vignette.answers, knowledge)
        problems.extend(f"line {number}: answers.{text}" for text in wrong)
        vignettes.append(vignette.model_copy(update={"answers": values}))
    if not vignettes and not problems:
        problems.append("no case in the file")
    if problems:
        raise BadCases(problems)
    return Reading(tuple(vignettes), tuple(ignored))


def _object(line: str) -> dict[str, Any]:
    raw = json.loads(line)
    if not isinstance(raw, dict):
        raise ValueError("a case is a JSON object")
    return raw


def _told(problem: ValueError) -> Iterator[str]:
    """What is wrong, without the words of the case: they may be a patient's."""
    if isinstance(problem, ValidationError):
        for error in problem.errors(include_url=False, include_input=False):
            yield f"{'.'.join(str(part) for part in error['loc'][:2])}: {error['msg']}"
    elif isinstance(problem, json.JSONDecodeError):
        yield f"no JSON: {problem.msg} at character {problem.pos + 1}"
    else:
        yield str(problem)


def _values(answers: Mapping[str, Any], knowledge: Knowledge) -> tuple[dict[str, Value], list[str]]:
    values: dict[str, Value] = {}
    wrong: list[str] = []
    for name, raw in answers.items():
        finding = knowledge.findings.get(name)
        if finding is None:
            wrong.append(f"{name}: no such finding")
            continue
        try:
            values[name] = to_value(finding, raw)
        except ValueError:
            wrong.append(f"{name}: impossible value")
    return values, wrong
