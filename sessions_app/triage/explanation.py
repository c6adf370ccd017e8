"""Says in words what speaks for and against each cause."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

import numpy as np

from sessions_app.triage.belief import Belief
from sessions_app.triage.case import Differential, Value
from sessions_app.triage.expressions import NUMERIC
from sessions_app.triage.frequencies import Array
from sessions_app.triage.interview import Interview
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Condition, Finding

SHOWN, SHOWN_AT_LEAST = 10, 0.005
NOTABLE = 0.2
MAX_LABELS = 8
MAX_UNKNOWN = 3
TYPICAL = 4
SEVERE, NOT_REFUTED = 4, 0.02


def label_of(finding: Finding, value: Value) -> str:
    """The finding with its value as a short English phrase."""
    if value is True:
        return finding.label
    if value is False:
        return f"no {finding.label}"
    if isinstance(value, tuple):
        words = [option.label for option in finding.values if option.id in value]
        return f"{finding.label}: {', '.join(words) or 'none'}"
    if finding.type in NUMERIC and isinstance(value, int | float):
        return f"{finding.label}: {value:g} {_unit(finding)}".strip()
    option = next((option.label for option in finding.values if option.id == value), str(value))
    return f"{finding.label}: {option}"


def differentials(interview: Interview) -> tuple[tuple[Differential, ...], tuple[Differential, ...]]:
    """The likeliest causes, and the severe ones that are not refuted."""
    posterior = interview.belief.posterior[:-1]
    order = np.argsort(-posterior, kind="stable")
    ordered = posterior[order]
    shown = order[:SHOWN][(ordered[:SHOWN] >= SHOWN_AT_LEAST) | (np.arange(len(ordered[:SHOWN])) == 0)]
    possible = order[ordered >= NOT_REFUTED]
    conditions = {place: _condition(place, interview) for place in (*shown, *possible)}
    severe = [place for place in possible if conditions[place].severity >= SEVERE]
    places = list(dict.fromkeys((*shown, *severe)))
    names, gains = _contributions(interview.belief, places)
    described = {
        place: _describe(conditions[place], float(posterior[place]), names, column.tolist(), interview)
        for place, column in zip(places, gains.T, strict=True)
    }
    return tuple(described[place] for place in shown), tuple(described[place] for place in severe)


def _condition(place: int, interview: Interview) -> Condition:
    return interview.knowledge.conditions[interview.belief.tables.conditions[place]]


def _contributions(belief: Belief, places: Sequence[int]) -> tuple[list[str], Array]:
    """How much the value of each finding raises or lowers the log-odds of these conditions.

    Findings, and their figures by condition. Measured against the prior: against
    the posterior the winner's own weight would hide everything that speaks for it.
    """
    rows = np.array([row for _, _, row in belief.used], dtype=np.intp)
    weights = np.array([weight for _, weight, _ in belief.used])
    expected = np.log(np.einsum("rd,d->r", belief.tables.chances[rows], belief.prior))
    columns = np.array(places, dtype=np.intp)
    gains = weights[:, None] * (belief.tables.logs[rows[:, None], columns] - expected[:, None])
    names = list(dict.fromkeys(name for name, _, _ in belief.used))
    owners = {name: owner for owner, name in enumerate(names)}
    by_finding = np.zeros((len(names), len(places)))
    # The values of one finding add up.
    np.add.at(by_finding, [owners[name] for name, _, _ in belief.used], gains)
    return names, by_finding


def _describe(
    condition: Condition,
    probability: float,
    names: Sequence[str],
    gains: Sequence[float],
    interview: Interview,
) -> Differential:
    ordered = sorted(zip(gains, names, strict=True), reverse=True)
    supporting = [name for gain, name in ordered if gain > NOTABLE]
    against = [name for gain, name in reversed(ordered) if gain < -NOTABLE]
    return Differential(
        condition=condition.id,
        diagnosis=condition.name,
        diagnosis_cs=condition.name_cs,
        icd10=condition.icd10[0],
        probability=round(probability, 4),
        supporting=_labels(supporting, interview),
        against=_labels(against, interview),
        unknown=_unconfirmed(condition, interview),
    )


def _labels(names: list[str], interview: Interview) -> tuple[str, ...]:
    findings, values = interview.knowledge.findings, interview.evidence.values
    return tuple(label_of(findings[name], values[name]) for name in names[:MAX_LABELS])


def _unconfirmed(condition: Condition, interview: Interview) -> tuple[str, ...]:
    values, askable = interview.evidence.values, interview.askable
    still_open = (
        label
        for name, label in _typical(interview.knowledge)[condition.id]
        if name in askable or (name in values and values[name] is None)
    )
    return tuple(islice(still_open, MAX_UNKNOWN))


@lru_cache(maxsize=4)
def _typical(knowledge: Knowledge) -> dict[str, tuple[tuple[str, str], ...]]:
    """Name and label of what is typical of each condition, the most frequent first."""
    return {condition.id: _typical_of(condition, knowledge) for condition in knowledge.conditions.values()}


def _typical_of(condition: Condition, knowledge: Knowledge) -> tuple[tuple[str, str], ...]:
    typical = []
    for name, frequency in condition.findings.items():
        highest = max(frequency.values(), default=0) if isinstance(frequency, dict) else frequency
        finding = knowledge.findings.get(name)
        if finding is not None and highest >= TYPICAL:
            typical.append((-highest, finding.label, name))
    return tuple((name, label) for _, label, name in sorted(typical))


def _unit(finding: Finding) -> str:
    if finding.type == "scale":
        return "of 10"
    return finding.unit or ("hours" if finding.type == "duration" else "")
