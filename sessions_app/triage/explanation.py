"""Says in words what speaks for and against each cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from sessions_app.triage.worth import whole_sheet

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
    posterior, order = interview.belief.posterior, interview.belief.order
    ordered = posterior[order]
    shown = order[: max(1, np.count_nonzero(ordered[:SHOWN] >= SHOWN_AT_LEAST))].tolist()
    possible = order[: np.count_nonzero(ordered >= NOT_REFUTED)].tolist()
    severe = [place for place in possible if _condition(place, interview).severity >= SEVERE]
    places = list(dict.fromkeys((*shown, *severe)))
    findings, values = interview.knowledge.findings, interview.evidence.values
    names, gains = _contributions(interview.belief, places)
    labels = [label_of(findings[name], values[name]) for name in names]
    is_open, typical = _open(interview), _typical(interview.knowledge)
    described = {}
    for place, (supporting, against) in zip(places, _notable(gains), strict=True):
        condition = _condition(place, interview)
        unknown = (label for number, label in typical[condition.id] if is_open[number])
        described[place] = Differential(
            condition=condition.id,
            diagnosis=condition.name,
            diagnosis_cs=condition.name_cs,
            icd10=condition.icd10[0],
            probability=round(float(posterior[place]), 4),
            supporting=tuple([labels[number] for number in supporting]),
            against=tuple([labels[number] for number in against]),
            unknown=tuple(islice(unknown, MAX_UNKNOWN)),
        )
    return tuple(described[place] for place in shown), tuple(described[place] for place in severe)


def _condition(place: int, interview: Interview) -> Condition:
    return interview.knowledge.conditions[interview.belief.tables.conditions[place]]


def _contributions(belief: Belief, places: Sequence[int]) -> tuple[list[str], Array]:
    """How much the value of each finding raises or lowers the log-odds of these conditions.

    Findings, and their figures by condition. Measured against the prior: against
    the posterior the winner's own weight would hide everything that speaks for it.
    """
    names: list[str] = []
    starts: list[int] = []
    for number, (name, _, _) in enumerate(belief.used):
        if not names or name != names[-1]:
            names.append(name)
            starts.append(number)
    if not names:
        return [], np.zeros((0, len(places)))
    tables, rows = belief.tables, belief.rows
    expected = np.log(tables.chances[rows] @ belief.prior)
    gains = belief.weights[:, None] * (tables.logs[rows[:, None], places] - expected[:, None])
    # The values of one finding add up.
    return names, np.add.reduceat(gains, starts)


def _notable(gains: Array) -> Iterator[tuple[list[int], list[int]]]:
    """What speaks for each condition and what against it, the strongest first."""
    orders = np.argsort(gains, axis=0, kind="stable").T.tolist()
    supporting = np.count_nonzero(gains > NOTABLE, axis=0).tolist()
    against = np.count_nonzero(gains < -NOTABLE, axis=0).tolist()
    for order, above, below in zip(orders, supporting, against, strict=True):
        yield order[::-1][: min(above, MAX_LABELS)], order[: min(below, MAX_LABELS)]


def _open(interview: Interview) -> list[bool]:
    """For each finding whether it may still be asked, or was and is not known."""
    is_open, places = interview.askable.copy(), whole_sheet(interview.knowledge).places
    is_open[[places[name] for name, value in interview.evidence.values.items() if value is None]] = True
    flags: list[bool] = is_open.tolist()
    return flags


@lru_cache(maxsize=4)
def _typical(knowledge: Knowledge) -> dict[str, tuple[tuple[int, str], ...]]:
    """Place and label of what is typical of each condition, the most frequent first."""
    return {condition.id: _typical_of(condition, knowledge) for condition in knowledge.conditions.values()}


def _typical_of(condition: Condition, knowledge: Knowledge) -> tuple[tuple[int, str], ...]:
    typical = []
    for name, frequency in condition.findings.items():
        highest = max(frequency.values(), default=0) if isinstance(frequency, dict) else frequency
        finding = knowledge.findings.get(name)
        if finding is not None and highest >= TYPICAL:
            typical.append((-highest, finding.label, name))
    places = whole_sheet(knowledge).places
    return tuple((places[name], label) for _, label, name in sorted(typical))


def _unit(finding: Finding) -> str:
    if finding.type == "scale":
        return "of 10"
    return finding.unit or ("hours" if finding.type == "duration" else "")
