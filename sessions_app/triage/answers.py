"""Turns what a client sends into valid finding values.

Clients are many: booleans come as words, numbers as strings, durations as
"3 days". What cannot be a value is dropped with a warning that names the
finding and never repeats the text, which may be about a patient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sessions_app.triage.asking import PREFIX
from sessions_app.triage.case import Question, Value
from sessions_app.triage.expressions import NUMERIC, SEXES
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Finding

_YES = frozenset({"yes", "y", "true", "1", "ano", "jo", "present"})
_NO = frozenset({"no", "n", "false", "0", "ne", "absent", "none"})
_UNKNOWN = frozenset(
    {"unknown", "not_sure", "not sure", "unsure", "nevim", "nevím", "dont_know", "don't know", ""}
)
_NONE = frozenset({"none", "none_of_these", "none of these", "no", "nic", "zadne", "žádné"})
_HOURS = {
    "s": 1 / 3600,
    "second": 1 / 3600,
    "sekunda": 1 / 3600,
    "sekundy": 1 / 3600,
    "sekund": 1 / 3600,
    "min": 1 / 60,
    "minute": 1 / 60,
    "minuta": 1 / 60,
    "minuty": 1 / 60,
    "minut": 1 / 60,
    "h": 1,
    "hour": 1,
    "hr": 1,
    "hodina": 1,
    "hodiny": 1,
    "hodin": 1,
    "d": 24,
    "day": 24,
    "den": 24,
    "dny": 24,
    "dnu": 24,
    "dní": 24,
    "dni": 24,
    "w": 168,
    "week": 168,
    "týden": 168,
    "tyden": 168,
    "týdny": 168,
    "tydny": 168,
    "týdnů": 168,
    "tydnu": 168,
    "month": 720,
    "měsíc": 720,
    "mesic": 720,
    "měsíce": 720,
    "mesice": 720,
    "měsíců": 720,
    "mesicu": 720,
    "year": 8766,
    "rok": 8766,
    "roky": 8766,
    "let": 8766,
}
_MEASURE = re.compile(r"^\s*(-?\d+(?:[.,]\d+)?)\s*([^\W\d_]*)\.?\s*$")
_MAX_AGE = 120
_BIG = 1e9
_HOTTEST_CELSIUS = 46.0
_LOWEST_CELSIUS = 25.0


class _Impossible(ValueError):
    """The value cannot be one of this finding."""


def normalise(
    question: Question | None, fields: Mapping[str, object], knowledge: Knowledge
) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Valid values out of client input; what is dropped is named in the warnings, never quoted."""
    values: dict[str, Value] = {}
    warnings: list[str] = []
    for name, raw in fields.items():
        try:
            chosen = _chosen(question, name, raw, knowledge)
            if chosen is not None:
                values.update({target: value for target, value in chosen.items() if target not in fields})
            elif name.removeprefix(PREFIX) in knowledge.findings:
                finding = knowledge.findings[name.removeprefix(PREFIX)]
                values[finding.id] = to_value(finding, raw)
            elif name in ("age", "sex", "q_age", "q_sex"):
                values[name.removeprefix(PREFIX)] = _person_value(name.removeprefix(PREFIX), raw)
            else:
                warnings.append(f"unknown field ignored: {name[:64]}")
        except _Impossible:
            warnings.append(f"impossible value ignored: {name[:64]}")
    return values, tuple(warnings)


def accept_flags(flags: tuple[str, ...], knowledge: Knowledge) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Flags that the engine understands (red-flag ids, yes/no findings), and warnings for the rest."""
    known: list[str] = []
    warnings: list[str] = []
    for flag in dict.fromkeys(flags):
        finding = knowledge.findings.get(flag)
        if flag in knowledge.red_flags or (finding is not None and finding.type == "binary"):
            known.append(flag)
        else:
            warnings.append(f"unknown flag ignored: {flag[:64]}")
    return tuple(known), tuple(warnings)


def to_value(finding: Finding, raw: object) -> Value:
    """One value of the finding; None for "not known"; raises ValueError for an impossible one."""
    if raw is None or (isinstance(raw, str) and raw.strip().lower() in _UNKNOWN):
        return None
    if finding.type == "binary":
        return _yes_no(raw)
    if finding.type in NUMERIC:
        return _bounded(finding, _hours(raw) if finding.type == "duration" else _number(raw))
    options = {option.id for option in finding.values}
    if finding.type == "categorical":
        word = _single(raw)
        if word not in options:
            raise _Impossible
        return word
    words = _words(raw)
    if words & _NONE and not words & options:
        return ()
    if words & _UNKNOWN and not words & options:
        return None
    if not words & options and words:
        raise _Impossible
    return tuple(option.id for option in finding.values if option.id in words)


def _chosen(
    question: Question | None, name: str, raw: object, knowledge: Knowledge
) -> dict[str, Value] | None:
    """Values from choosing in a list of findings; None when the field is no such list."""
    if question is None or question.answer_type != "multi_choice" or len(question.targets) < 2:
        return None
    if name not in (question.question_id, question.question_id.removeprefix(PREFIX)):
        return None
    if isinstance(raw, Mapping):
        return {
            target: to_value(knowledge.findings[target], raw[target])
            for target in question.targets
            if target in raw
        }
    words = _words(raw)
    if words & set(question.targets):
        return {target: target in words for target in question.targets}
    if not words or words & _UNKNOWN:
        return dict.fromkeys(question.targets)
    if words & _NONE:
        return dict.fromkeys(question.targets, False)
    raise _Impossible


def _person_value(name: str, raw: object) -> Value:
    if raw is None or (isinstance(raw, str) and raw.strip().lower() in _UNKNOWN):
        return None
    if name == "sex":
        word = _single(raw)
        if word not in SEXES:
            raise _Impossible
        return word
    years = _number(raw)
    if not 0 <= years <= _MAX_AGE:
        raise _Impossible
    return int(years)


def _yes_no(raw: object) -> bool:
    if isinstance(raw, list | tuple) and len(raw) == 1:
        raw = raw[0]
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    if isinstance(raw, str | int) and word in _YES:
        return True
    if isinstance(raw, str | int) and word in _NO:
        return False
    raise _Impossible


def _single(raw: object) -> str:
    if isinstance(raw, list | tuple) and len(raw) == 1:
        raw = raw[0]
    if not isinstance(raw, str):
        raise _Impossible
    return raw.strip().lower()


def _words(raw: object) -> set[str]:
    parts = raw if isinstance(raw, list | tuple) else [raw]
    if not all(isinstance(part, str) for part in parts):
        raise _Impossible
    if len(parts) == 1:
        parts = str(parts[0]).split(",")
    return {str(part).strip().lower() for part in parts}


def _number(raw: object) -> float:
    if isinstance(raw, bool):
        raise _Impossible
    if isinstance(raw, int | float):
        # An integer beyond every float cannot be turned into one.
        number = float(raw) if abs(raw) < _BIG else _BIG
    else:
        match = _MEASURE.match(raw) if isinstance(raw, str) else None
        if match is None:
            raise _Impossible
        number = float(match.group(1).replace(",", "."))
    # Not a number and the infinities compare with nothing.
    if not abs(number) < _BIG:
        raise _Impossible
    return number


def _hours(raw: object) -> float:
    if isinstance(raw, Mapping):
        return _number(raw.get("value")) * _unit(str(raw.get("unit", "hours")))
    match = _MEASURE.match(raw) if isinstance(raw, str) else None
    if match is not None and match.group(2):
        return float(match.group(1).replace(",", ".")) * _unit(match.group(2))
    return _number(raw)


def _unit(word: str) -> float:
    word = word.strip().lower()
    for form in (word, word.removesuffix("s")):
        if form in _HOURS:
            return _HOURS[form]
    raise _Impossible


def _bounded(finding: Finding, number: float) -> float:
    if finding.id == "temperature_c" and number > _HOTTEST_CELSIUS:
        # Nobody lives at 100 °C: it was Fahrenheit.
        number = (number - 32) / 1.8
    lowest = _LOWEST_CELSIUS if finding.id == "temperature_c" else 0.0
    highest = 10.0 if finding.type == "scale" else _BIG
    low = lowest if finding.min is None else finding.min
    high = highest if finding.max is None else finding.max
    if not low <= number <= high:
        raise _Impossible
    return number
