"""The differential: one principal condition or `other`, by Bayes over coarse frequencies."""

from __future__ import annotations

from collections import Counter
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
from sessions_app.triage.red_flags import LEVELS, rank

GROUP_TEMPER = 0.7
OTHER_PRIOR = 0.07
# Mass kept for all conditions that the complaint does not suggest, so that surprises remain possible.
OUTSIDE_COMPLAINT = 0.05
OUTSIDE_AGE = 0.01
# Rates span five decades while people who ask are not a random sample: the
# prior is flattened, or a rare disease could never be named.
PRIOR_POWER = 0.5
TEMPERATURE = 1.0
# How often a layperson can tell: few have measured, some cannot see a sign.
ANSWERABLE = {"measurement": 0.4, "sign": 0.8}
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
class Asking:
    """What each finding is as a question."""

    # Its row for "yes"; 0 when it is no yes/no finding.
    yes_rows: NDArray[np.intp]
    # How often it can be answered, and what asking costs.
    answerable: Array
    burdens: Array
    # Its place in the alphabet, which decides between equals.
    alphabet: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Tables:
    """Everything that depends on the knowledge alone; rows are outcomes, columns are conditions."""

    conditions: tuple[str, ...]
    nodes: tuple[Node, ...]
    nodes_of: Mapping[str, tuple[int, ...]]
    chances: Array
    logs: Array
    entropies: Array
    # Usual urgency 0-3 of each condition and of `other`.
    ranks: NDArray[np.intp]
    # The conditions by that urgency, with their chances, conditions as rows.
    by_rank: tuple[tuple[NDArray[np.intp], Array], ...]
    first_rows: NDArray[np.intp]
    # Place of each finding, and the first of its nodes.
    finding_places: Mapping[str, int]
    first_nodes: NDArray[np.intp]
    asking: Asking
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
    # (finding, weight, row) of each piece of evidence used
    used: tuple[tuple[str, float, int], ...]

    @cached_property
    def row_chances(self) -> Sequence[float]:
        """Probability of each outcome of each node, as plain numbers for look-ups one by one."""
        chances: list[float] = np.einsum("rd,d->r", self.tables.chances, self.posterior).tolist()
        return chances

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
    first_rows = np.array([node.first_row for node in nodes], dtype=np.intp)
    first_nodes = np.array([places[0] for places in nodes_of.values()], dtype=np.intp)
    logs = np.log(chances)
    return Tables(
        conditions=tuple(condition.id for condition in conditions),
        nodes=nodes,
        nodes_of=nodes_of,
        chances=chances,
        logs=logs,
        entropies=chances * logs,
        ranks=ranks,
        by_rank=tuple(
            (members, np.ascontiguousarray(chances[:, members].T))
            for members in (np.flatnonzero(ranks == level) for level in range(len(LEVELS)))
        ),
        first_rows=first_rows,
        finding_places={name: place for place, name in enumerate(nodes_of)},
        first_nodes=first_nodes,
        asking=_asking(findings, first_rows[first_nodes]),
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


def _asking(findings: Sequence[Finding], first_rows: NDArray[np.intp]) -> Asking:
    is_yes_no = np.array([finding.type == "binary" for finding in findings])
    return Asking(
        yes_rows=np.where(is_yes_no, first_rows + 1, 0),
        answerable=np.array([ANSWERABLE.get(finding.kind, 1.0) for finding in findings]),
        burdens=np.array([finding.burden for finding in findings]),
        alphabet=np.argsort(np.argsort([finding.id for finding in findings])),
    )


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
    prior = _prior(evidence.age, evidence.sex, evidence.branches, knowledge)
    scores = np.log(prior)
    if used:
        rows = np.array([row for _, _, row in used])
        weights = np.array([weight for _, weight, _ in used]) / TEMPERATURE
        logs = tables.logs[rows]
        presumed = np.array([finding_id in evidence.presumed for finding_id, _, _ in used])
        # Whoever names a complaint has it, whatever the cause: that is no evidence against `other`.
        logs[presumed, tables.other] = logs[presumed, :-1].max(axis=1)
        scores += np.einsum("e,ed->d", weights, logs)
    scores -= scores.max()
    posterior = np.exp(scores)
    return Belief(tables=tables, posterior=posterior / posterior.sum(), prior=prior, used=tuple(used))


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
    known = [(finding_id, value) for finding_id, value in values.items() if value is not None]
    # Sorted, so that floating point gives the same sum whatever the order of answers.
    known.sort(key=lambda pair: pair[0])
    members = Counter(knowledge.findings[finding_id].group for finding_id, _ in known)
    used: list[tuple[str, float, int]] = []
    for finding_id, value in known:
        finding = knowledge.findings[finding_id]
        is_correlated = finding.type == "multi" or (finding.group and members[finding.group] > 1)
        weight = evidence.weights.get(finding_id, 1.0) * (GROUP_TEMPER if is_correlated else 1.0)
        used.extend((finding_id, weight, row) for row in rows_of(tables, finding, value))
    return used


# The interviews that go on at the same time: each asks for the same one on every answer.
@lru_cache(maxsize=512)
def _prior(age: int | None, sex: str | None, branches: tuple[str, ...], knowledge: Knowledge) -> Array:
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
    prior.flags.writeable = False
    return prior
