"""The differential: one principal condition or `other`, by Bayes over coarse frequencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from sessions_app.triage.case import Value
from sessions_app.triage.evidence import Evidence
from sessions_app.triage.expressions import NUMERIC
from sessions_app.triage.frequencies import Array, Links, blocks_of
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Condition, Finding
from sessions_app.triage.red_flags import rank

GROUP_TEMPER = 0.7
OTHER_PRIOR = 0.07
# Mass kept for all conditions that the complaint does not suggest, so that surprises remain possible.
OUTSIDE_COMPLAINT = 0.05
OUTSIDE_AGE = 0.01
# Rates span five decades while people who ask are not a random sample: the
# prior is flattened, or a rare disease could never be named.
PRIOR_POWER = 0.5
TEMPERATURE = 1.0
BAND_STARTS = (1, 5, 18, 40, 65)
# Share of the population in each age band, for a patient whose age is unknown.
BAND_SHARES = np.array([0.01, 0.04, 0.14, 0.25, 0.34, 0.22])


@dataclass(frozen=True, slots=True)
class Node:
    """One random variable: a finding, or one value of a finding with several."""

    finding: str
    option: str
    first_row: int
    outcomes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Incidence:
    """Whom each condition concerns, and how often: by sex, condition and age band."""

    rates: Array
    sexes: NDArray[np.int8]
    min_ages: Array
    max_ages: Array


@dataclass(frozen=True, eq=False)
class Tables:
    """Everything that depends on the knowledge alone; rows are outcomes, columns are conditions."""

    conditions: tuple[str, ...]
    nodes: tuple[Node, ...]
    nodes_of: Mapping[str, tuple[int, ...]]
    chances: Array
    logs: Array
    # The highest of each row of `logs`, `other` left aside.
    highest_logs: Array
    # Usual urgency 0-3 of each condition and of `other`.
    ranks: NDArray[np.intp]
    first_rows: NDArray[np.intp]
    # The row for "yes" of each yes/no finding.
    yes_rows: Mapping[str, int]
    incidence: Incidence

    @property
    def other(self) -> int:
        return len(self.conditions)


@dataclass(frozen=True, eq=False)
class Belief:
    tables: Tables
    # Probability of each condition; the last one is `other`.
    posterior: Array
    prior: Array
    # (finding, weight, row) of each piece of evidence used; those of one finding follow one another
    used: tuple[tuple[str, float, int], ...]
    # The last two of these.
    weights: Array
    rows: NDArray[np.intp]

    @cached_property
    def _row_chances(self) -> dict[int, float]:
        return {}

    def row_chance(self, row: int) -> float:
        """Probability of one outcome of a node; one by one, since rules ask for few of them."""
        known = self._row_chances
        if row not in known:
            known[row] = float(self.tables.chances[row] @ self.posterior)
        return known[row]

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """The conditions without `other`, the likeliest first."""
        return np.argsort(-self.posterior[:-1], kind="stable")

    @cached_property
    def doubt(self) -> float:
        """Entropy of the posterior in nats."""
        return float(-(self.posterior @ np.log(np.maximum(self.posterior, 1e-12))))

    def of(self, condition_id: str) -> float:
        return float(self.posterior[self.tables.conditions.index(condition_id)])


@lru_cache(maxsize=4)
def tables_of(knowledge: Knowledge) -> Tables:
    """Compile the knowledge into matrices, once per loaded knowledge."""
    conditions = tuple(knowledge.conditions.values())
    findings = tuple(knowledge.findings.values())
    nodes, chances = _nodes(findings, Links(conditions))
    nodes_of: dict[str, tuple[int, ...]] = {finding.id: () for finding in findings}
    for place, node in enumerate(nodes):
        nodes_of[node.finding] += (place,)
    # `other` needs somebody to look at it.
    ranks = np.array([*(rank(condition.level) for condition in conditions), rank("routine")], dtype=np.intp)
    logs = np.log(chances)
    return Tables(
        conditions=tuple(condition.id for condition in conditions),
        nodes=nodes,
        nodes_of=nodes_of,
        chances=chances,
        logs=logs,
        highest_logs=logs[:, :-1].max(axis=1),
        ranks=ranks,
        first_rows=np.array([node.first_row for node in nodes], dtype=np.intp),
        yes_rows={
            finding.id: nodes[nodes_of[finding.id][0]].first_row + 1
            for finding in findings
            if finding.type == "binary"
        },
        incidence=_incidence(conditions),
    )


def _nodes(findings: Iterable[Finding], links: Links) -> tuple[tuple[Node, ...], Array]:
    nodes: list[Node] = []
    blocks: list[Array] = []
    first_row = 0
    for finding in findings:
        for option, outcomes, block in blocks_of(finding, links):
            nodes.append(Node(finding.id, option, first_row, outcomes))
            blocks.append(block)
            first_row += len(block)
    return tuple(nodes), np.concatenate(blocks)


def _incidence(conditions: Sequence[Condition]) -> Incidence:
    sexes = {"male": 1, "female": 2, None: 0}
    limits = [condition.applies for condition in conditions]
    return Incidence(
        rates=np.array([[c.rate_m for c in conditions], [c.rate_f for c in conditions]]),
        sexes=np.array([sexes[limit.sex] for limit in limits], dtype=np.int8),
        min_ages=np.array([-1.0 if limit.min_age is None else limit.min_age for limit in limits]),
        max_ages=np.array([999.0 if limit.max_age is None else limit.max_age for limit in limits]),
    )


def believe(evidence: Evidence, knowledge: Knowledge, values: Mapping[str, Value] | None = None) -> Belief:
    """Posterior over all conditions and `other`, in [0, 1], summing to 1.

    `values` replaces the evidence's values, to ask what would follow from them.
    """
    tables = tables_of(knowledge)
    values = evidence.values if values is None else values
    used = _evidence_rows(values, evidence, tables, knowledge)
    prior, scores = _prior(evidence.age, evidence.sex, evidence.branches, knowledge)
    weights = np.array([weight for _, weight, _ in used])
    rows = np.array([row for _, _, row in used], dtype=np.intp)
    if used:
        logs = tables.logs[rows]
        presumed = [place for place, (name, _, _) in enumerate(used) if name in evidence.presumed]
        # Whoever names a complaint has it, whatever the cause: that is no evidence against `other`.
        logs[presumed, tables.other] = tables.highest_logs[rows[presumed]]
        scores = scores + (weights / TEMPERATURE) @ logs
    posterior = np.exp(scores - scores.max())
    posterior /= posterior.sum()
    return Belief(
        tables=tables, posterior=posterior, prior=prior, used=tuple(used), weights=weights, rows=rows
    )


def rows_of(tables: Tables, finding: Finding, value: Value) -> list[int]:
    """The table rows that a known value selects; none for an unknown one."""
    if value is None:
        return []
    nodes = [tables.nodes[place] for place in tables.nodes_of[finding.id]]
    if finding.type == "binary" and isinstance(value, bool):
        return [nodes[0].first_row + value]
    if finding.type == "multi":
        chosen = value if isinstance(value, tuple) else ()
        return [node.first_row + (node.option in chosen) for node in nodes]
    outcome = outcome_of(finding, value)
    return [nodes[0].first_row + nodes[0].outcomes.index(outcome)] if outcome in nodes[0].outcomes else []


def outcome_of(finding: Finding, value: Value) -> str:
    """Name of the outcome that a value falls into: `yes`, an option or a bin."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if finding.type in NUMERIC and isinstance(value, int | float):
        return next(part.id for part in finding.bins if part.below is None or value < part.below)
    return str(value)


def value_inside(finding: Finding, bin_id: str) -> float:
    """A number that falls into the bin: its middle, or a little above its start when it is open-ended."""
    place = [part.id for part in finding.bins].index(bin_id)
    below = finding.bins[place].below
    low = finding.min or 0.0
    if place > 0:
        low = finding.bins[place - 1].below or low
    return low * 1.2 if below is None else (low + below) / 2


def _evidence_rows(
    values: Mapping[str, Value], evidence: Evidence, tables: Tables, knowledge: Knowledge
) -> list[tuple[str, float, int]]:
    findings, yes_rows = knowledge.findings, tables.yes_rows
    # Sorted, so that floating point gives the same sum whatever the order of answers.
    known = sorted(name for name, value in values.items() if value is not None)
    members: dict[str, int] = {}
    for name in known:
        group = findings[name].group
        members[group] = members.get(group, 0) + 1
    used: list[tuple[str, float, int]] = []
    for name in known:
        finding, value = findings[name], values[name]
        is_correlated = finding.type == "multi" or (finding.group and members[finding.group] > 1)
        weight = evidence.weights.get(name, 1.0) * (GROUP_TEMPER if is_correlated else 1.0)
        if isinstance(value, bool) and name in yes_rows:
            # By far the most; spares a look at the nodes.
            used.append((name, weight, yes_rows[name] - (not value)))
        else:
            used.extend((name, weight, row) for row in rows_of(tables, finding, value))
    return used


# The interviews that go on at the same time: each asks for the same one on every answer.
@lru_cache(maxsize=512)
def _prior(
    age: int | None, sex: str | None, branches: tuple[str, ...], knowledge: Knowledge
) -> tuple[Array, Array]:
    """The prior and its logarithms."""
    tables = tables_of(knowledge)
    incidence = tables.incidence
    by_sex = {"male": incidence.rates[0], "female": incidence.rates[1]}
    rates = by_sex.get(sex or "", incidence.rates.mean(axis=0))
    if age is None:
        weights = rates @ BAND_SHARES
    else:
        weights = rates[:, np.searchsorted(BAND_STARTS, age, side="right")]
    weights = np.maximum(weights, 0.05) ** PRIOR_POWER
    if sex in ("male", "female"):
        opposite = 2 if sex == "male" else 1
        weights = np.where(incidence.sexes == opposite, 1e-9, weights)
    if age is not None:
        is_outside = (age < incidence.min_ages) | (age > incidence.max_ages)
        weights = np.where(is_outside, weights * OUTSIDE_AGE, weights)
    candidates = {
        condition_id
        for branch in branches
        if branch in knowledge.complaints
        for condition_id in knowledge.complaints[branch].conditions
    }
    is_candidate = np.array([condition_id in candidates for condition_id in tables.conditions])
    inside, outside = weights[is_candidate].sum(), weights[~is_candidate].sum()
    if inside > 0 and outside > 0:
        ratio = OUTSIDE_COMPLAINT / (1 - OUTSIDE_COMPLAINT) * inside / outside
        weights = np.where(is_candidate, weights, weights * min(ratio, 1.0))
    prior = np.append(weights * (1 - OTHER_PRIOR) / weights.sum(), OTHER_PRIOR)
    logs = np.log(prior)
    prior.flags.writeable = logs.flags.writeable = False
    return prior, logs
