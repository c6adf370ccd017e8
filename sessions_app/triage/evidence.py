"""Folds the log of what was said into what is known; nothing here guesses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sessions_app.triage.case import Case, Entry, Sex, Value
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Applies

FEVER_FROM = 38.0
# A second complaint brings its must-asks along; a third would drown the patient in questions.
MAX_BRANCHES = 2
GENERAL = "general"


@dataclass(frozen=True, slots=True)
class Evidence:
    age: int | None
    sex: Sex | None
    branches: tuple[str, ...]
    # Said or implied; None = asked and not known.
    values: Mapping[str, Value]
    # The same with age, sex and what cannot be otherwise; for rules only, never for the likelihood.
    facts: Mapping[str, Value]
    weights: Mapping[str, float]
    # Known only because the complaint was named.
    presumed: frozenset[str]
    # Red flags raised by name.
    raised: frozenset[str]
    # question id -> the entry that settled it, in the order asked
    settled: Mapping[str, Entry]
    # Not understood once: to be asked again.
    unclear: str


def is_positive(value: Value) -> bool:
    """Whether the value says that something is there."""
    return value is True or (isinstance(value, str | tuple) and bool(value))


def applies_to(limits: Applies, age: int | None, sex: str | None) -> bool:
    """Whether a person of this age and sex can be concerned; unknown age or sex can."""
    if limits.sex is not None and sex in ("male", "female") and sex != limits.sex:
        return False
    if age is None:
        return True
    too_young = limits.min_age is not None and age < limits.min_age
    return not too_young and not (limits.max_age is not None and age > limits.max_age)


def gather(case: Case, knowledge: Knowledge) -> Evidence:
    """Fold the case's entries; the same entries give the same evidence in any order of answers."""
    settled, unclear = _settle(case.entries)
    entries = [entry for entry in case.entries if _counts(entry, settled)]
    values, weights = _said(entries, knowledge)
    for name in _left_unanswered(settled, knowledge):
        values.setdefault(name, None)
    age, sex = _person(case, values)
    branches = _branches(case, knowledge)
    presumed = _presume(branches, values, knowledge)
    _close_implications(values, weights, knowledge)
    return Evidence(
        age=age,
        sex=sex,
        branches=branches,
        values=values,
        facts=_facts(values, age, sex, knowledge),
        weights=weights,
        presumed=presumed,
        raised=frozenset(flag for entry in entries for flag in entry.flags if flag in knowledge.red_flags),
        settled=settled,
        unclear=unclear,
    )


def _settle(entries: Iterable[Entry]) -> tuple[dict[str, Entry], str]:
    settled: dict[str, Entry] = {}
    tries: dict[str, int] = {}
    for entry in entries:
        if not entry.question_id:
            continue
        if not entry.is_unclear:
            settled[entry.question_id] = entry
            continue
        tries[entry.question_id] = tries.get(entry.question_id, 0) + 1
        if tries[entry.question_id] >= 2:
            settled.setdefault(entry.question_id, entry)
    waiting = [question_id for question_id in tries if question_id not in settled]
    return settled, waiting[-1] if waiting else ""


def _counts(entry: Entry, settled: Mapping[str, Entry]) -> bool:
    # An edited answer replaces the first one wholly: nothing of it may linger.
    return not entry.question_id or settled.get(entry.question_id) is entry


def _said(entries: Iterable[Entry], knowledge: Knowledge) -> tuple[dict[str, Value], dict[str, float]]:
    values: dict[str, Value] = {}
    weights: dict[str, float] = {}
    for entry in entries:
        for finding_id, value in entry.findings.items():
            if finding_id in knowledge.findings or finding_id in ("age", "sex"):
                values[finding_id] = tuple(value) if isinstance(value, list) else value
                weights[finding_id] = entry.confidences.get(finding_id, 1.0)
        for flag in entry.flags:
            is_yes_no = flag in knowledge.findings and knowledge.findings[flag].type == "binary"
            if is_yes_no and flag not in entry.findings:
                values[flag] = True
                weights[flag] = entry.confidences.get(flag, 1.0)
    return values, weights


def _left_unanswered(settled: Mapping[str, Entry], knowledge: Knowledge) -> Iterator[str]:
    for question_id, entry in settled.items():
        if entry.skipped or entry.is_unclear:
            yield from asked_by(question_id, knowledge)


def asked_by(question_id: str, knowledge: Knowledge) -> tuple[str, ...]:
    """Ids of the findings that a question of this id is about."""
    name = question_id.removeprefix("q_")
    if name in knowledge.findings:
        return (name,)
    return _group_members(knowledge).get(name, ())


@lru_cache(maxsize=4)
def _group_members(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    return {
        group.id: group.findings
        for complaint in knowledge.complaints.values()
        for group in (*complaint.must_ask, *complaint.groups)
    }


def _person(case: Case, values: dict[str, Value]) -> tuple[int | None, Sex | None]:
    age, sex = case.age, case.sex
    said_age, said_sex = values.pop("age", None), values.pop("sex", None)
    if age is None and isinstance(said_age, int | float) and not isinstance(said_age, bool):
        age = int(said_age)
    if sex is None and said_sex in ("male", "female", "other"):
        sex = said_sex  # type: ignore[assignment]  # narrowed by the tuple above
    return age, sex


def _branches(case: Case, knowledge: Knowledge) -> tuple[str, ...]:
    branches = [case.complaint if case.complaint in knowledge.complaints else GENERAL]
    volunteered = {
        finding_id
        for entry in case.entries
        if entry.source in ("intake", "route")
        for finding_id, value in entry.findings.items()
        if is_positive(value)
    }
    for complaint_id, named in _named_by_complaint(knowledge):
        if len(branches) == MAX_BRANCHES:
            break
        if complaint_id not in branches and not named.isdisjoint(volunteered):
            branches.append(complaint_id)
    return tuple(branches)


@lru_cache(maxsize=4)
def _named_by_complaint(knowledge: Knowledge) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple(
        (complaint.id, frozenset(finding_id for finding_id, value in complaint.implies.items() if value))
        for complaint in knowledge.complaints.values()
    )


def _presume(branches: Iterable[str], values: dict[str, Value], knowledge: Knowledge) -> frozenset[str]:
    presumed = set()
    for branch in branches:
        complaint = knowledge.complaints.get(branch)
        for finding_id, value in (complaint.implies if complaint else {}).items():
            if finding_id not in values:
                values[finding_id] = value
                presumed.add(finding_id)
    return frozenset(presumed)


def _close_implications(values: dict[str, Value], weights: dict[str, float], knowledge: Knowledge) -> None:
    implied = _implied(knowledge)
    pending = sorted(name for name in values.keys() & implied.keys() if is_positive(values[name]))
    while pending:
        finding_id = pending.pop()
        for other in implied.get(finding_id, ()):
            if values.get(other) is None:
                values[other] = True
                weights[other] = weights.get(finding_id, 1.0)
                pending.append(other)
    temperature = values.get("temperature_c")
    # What was measured overrules what was felt.
    if isinstance(temperature, int | float) and temperature >= FEVER_FROM and "fever" in knowledge.findings:
        values["fever"] = True
        weights["fever"] = 1.0


@lru_cache(maxsize=4)
def _implied(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """What is true whenever a finding is, for those that imply anything."""
    implied: dict[str, tuple[str, ...]] = {}
    for finding in knowledge.findings.values():
        parent = knowledge.findings.get(finding.parent or "")
        parents = (parent.id,) if parent is not None and parent.type == "binary" else ()
        if finding.implies or parents:
            implied[finding.id] = (*finding.implies, *parents)
    return implied


def _facts(
    values: Mapping[str, Value], age: int | None, sex: Sex | None, knowledge: Knowledge
) -> dict[str, Value]:
    facts = dict(values)
    facts["age"], facts["sex"] = age, sex
    dependent = _dependents(knowledge)
    for name, value in values.items():
        if value is False and name in dependent:
            _deny(dependent[name], facts)
    _deny(_impossible_flags(age, sex, knowledge), facts)
    return facts


def _deny(names: Iterable[str], facts: dict[str, Value]) -> None:
    for name in names:
        if facts.get(name) is None:
            facts[name] = False


@lru_cache(maxsize=4)
def _dependents(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """The yes/no findings that need another one to be there, by that one."""
    dependent: dict[str, tuple[str, ...]] = {}
    for finding in knowledge.findings.values():
        if finding.parent is not None and finding.type == "binary":
            dependent[finding.parent] = (*dependent.get(finding.parent, ()), finding.id)
    return dependent


@lru_cache(maxsize=512)
def _impossible_flags(age: int | None, sex: str | None, knowledge: Knowledge) -> tuple[str, ...]:
    findings = knowledge.findings
    return tuple(name for name in impossible(age, sex, knowledge) if findings[name].type == "binary")


# As many as there are ages and sexes.
@lru_cache(maxsize=512)
def impossible(age: int | None, sex: str | None, knowledge: Knowledge) -> frozenset[str]:
    """The findings that cannot concern a person of this age and sex."""
    return frozenset(
        finding.id for finding in knowledge.findings.values() if not applies_to(finding.applies, age, sex)
    )
