"""What the answer to each open question is expected to tell, in nats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sessions_app.triage.belief import Belief, tables_of
from sessions_app.triage.frequencies import Array
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Finding
from sessions_app.triage.levels import COST, level_shares
from sessions_app.triage.red_flags import LEVELS

EMERGENCY_WEIGHT, LEVEL_WEIGHT = 1.5, 0.5
# Values of one finding overlap in what they tell.
OVERLAP = 0.5
# An outcome rarer than this does not keep the interview going.
RARE = 0.02
# How often a layperson can tell: few have measured, some cannot see a sign.
ANSWERABLE = {"measurement": 0.4, "sign": 0.8}


# Reading the tables takes most of the time, and half the width is half of it. A value
# of asking needs no more than six digits; what is believed is never worked out in these.
Narrow = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Some findings as questions, each a block of rows for its outcomes."""

    findings: tuple[Finding, ...]
    places: Mapping[str, int]
    # Where the rows of each node and the nodes of each finding start, and the latter's own.
    first_rows: NDArray[np.intp]
    first_nodes: NDArray[np.intp]
    nodes: tuple[slice, ...]
    # Its row for "yes"; 0 when it is no yes/no finding.
    yes_rows: NDArray[np.intp]
    # How often it can be answered, and what asking costs.
    answerable: Array
    burdens: Array
    # The conditions by usual urgency, where each urgency starts, and the chance of each row in them.
    by_rank: NDArray[np.intp]
    starts: tuple[int, ...]
    chances: Narrow
    # Per node and condition: the sum of p log p over the outcomes.
    entropies: Narrow


@dataclass(frozen=True, eq=False)
class Worth:
    """What asking for each finding of a sheet is expected to give, in their order."""

    sheet: Sheet
    # Probability of a cause of each urgency together with each outcome, and of each outcome.
    joint: Array
    chances: Array
    # Probability of a cause of each urgency.
    shares: Array
    # Nats about the cause per node, and per finding.
    by_node: Array
    about_cause: Array
    # The value of asking: cause, emergency and level together, the burden deducted.
    scores: Array

    @property
    def information(self) -> Array:
        """Nats about the cause that asking is expected to give."""
        return self.about_cause * self.sheet.answerable

    @property
    def presence(self) -> Array:
        """Probability that it is present; 0 for one that is no yes/no finding."""
        return np.where(self.sheet.yes_rows > 0, self.chances[self.sheet.yes_rows], 0.0)

    @property
    def changes_level(self) -> NDArray[np.bool_]:
        """Whether an answer that is not rare would change the cheapest level."""
        level = np.argmin(COST.T @ self.joint, axis=0)
        is_changing = (level != np.argmin(COST.T @ self.shares)) & (self.chances > RARE)
        return np.logical_or.reduceat(is_changing, self.sheet.first_rows[self.sheet.first_nodes])

    def score(self, name: str) -> float:
        """Expected value of asking for the finding."""
        return float(self.scores[self.sheet.places[name]])

    def telling_node(self, name: str) -> int:
        """Which of the nodes of the finding tells most about the cause."""
        return int(np.argmax(self.by_node[self.sheet.nodes[self.sheet.places[name]]]))


@lru_cache(maxsize=4)
def whole_sheet(knowledge: Knowledge) -> Sheet:
    """Every finding, in the order of the alphabet."""
    return _sheet(sorted(knowledge.findings), knowledge)


@lru_cache(maxsize=512)
def follow_up_sheet(complaint_id: str, knowledge: Knowledge) -> Sheet:
    """The findings that a complaint is followed up with."""
    return _sheet(knowledge.complaints[complaint_id].follow_up, knowledge)


def _sheet(names: Iterable[str], knowledge: Knowledge) -> Sheet:
    tables = tables_of(knowledge)
    findings = tuple(knowledge.findings[name] for name in names)
    nodes = [[tables.nodes[place] for place in tables.nodes_of[finding.id]] for finding in findings]
    every = [node for some in nodes for node in some]
    rows = np.concatenate([np.arange(len(node.outcomes)) + node.first_row for node in every])
    first_rows = _starts(len(node.outcomes) for node in every)
    first_nodes = _starts(map(len, nodes))
    is_yes_no = np.array([finding.type == "binary" for finding in findings])
    by_rank = np.argsort(tables.ranks, kind="stable")
    chances = tables.chances[rows]
    return Sheet(
        findings=findings,
        places={finding.id: place for place, finding in enumerate(findings)},
        first_rows=first_rows,
        first_nodes=first_nodes,
        nodes=tuple(
            slice(first, first + len(some)) for first, some in zip(first_nodes.tolist(), nodes, strict=True)
        ),
        yes_rows=np.where(is_yes_no, first_rows[first_nodes] + 1, 0),
        answerable=np.array([ANSWERABLE.get(finding.kind, 1.0) for finding in findings]),
        burdens=np.array([finding.burden for finding in findings]),
        by_rank=by_rank,
        starts=tuple(np.searchsorted(tables.ranks[by_rank], range(len(LEVELS) + 1)).tolist()),
        chances=np.ascontiguousarray(chances.T[by_rank], dtype=np.float32),
        entropies=np.add.reduceat(chances * tables.logs[rows], first_rows).astype(np.float32),
    )


def _starts(lengths: Iterable[int]) -> NDArray[np.intp]:
    return np.cumsum([0, *lengths], dtype=np.intp)[:-1]


def weigh(sheet: Sheet, belief: Belief, ranks: NDArray[np.intp]) -> Worth:
    """Mutual information of every node of the sheet with cause, emergency and level."""
    joint = _joint(sheet, belief, ranks)
    chances, urgent = joint.sum(axis=0), joint[-1]
    shares = level_shares(belief.posterior, ranks)
    # I(X;Y) = sum of p(x,y) (log p(x,y) - log p(x) - log p(y)): the first two terms serve
    # emergency and level alike, and for the cause they are known beforehand.
    own, pairs = _p_log_p(chances), _p_log_p(joint)
    rest = chances - urgent
    by_row = np.stack(
        [
            -own,
            pairs[-1] + _p_log_p(rest) - own - urgent * _log(shares[-1]) - rest * _log(1.0 - shares[-1]),
            pairs.sum(axis=0) - own - _log(shares) @ joint,
        ]
    )
    nodes = np.add.reduceat(by_row, sheet.first_rows, axis=1)
    nodes[0] += sheet.entropies @ belief.posterior.astype(np.float32)
    best = np.maximum.reduceat(nodes, sheet.first_nodes, axis=1)
    together = best + OVERLAP * (np.add.reduceat(nodes, sheet.first_nodes, axis=1) - best)
    total = together[0] + EMERGENCY_WEIGHT * together[1] + LEVEL_WEIGHT * together[2]
    return Worth(
        sheet=sheet,
        joint=joint,
        chances=chances,
        shares=shares,
        by_node=nodes[0],
        about_cause=together[0],
        scores=total * sheet.answerable - sheet.burdens,
    )


def _joint(sheet: Sheet, belief: Belief, ranks: NDArray[np.intp]) -> Array:
    """Probability of a cause of each urgency together with each outcome."""
    present, posterior = ranks[sheet.by_rank], belief.posterior[sheet.by_rank].astype(np.float32)
    is_usual = present == belief.tables.ranks[sheet.by_rank]
    usual = posterior * is_usual
    joint = np.empty((len(LEVELS), sheet.chances.shape[1]), dtype=np.float32)
    # One urgency after the other, so that each chance is read once.
    for level, (start, end) in enumerate(pairwise(sheet.starts)):
        np.matmul(usual[start:end], sheet.chances[start:end], out=joint[level])
    for place in (~is_usual).nonzero()[0]:
        joint[present[place]] += posterior[place] * sheet.chances[place]
    return joint.astype(np.float64)


def _log(chances: Array) -> Array:
    logs: Array = np.log(np.maximum(chances, 1e-15))
    return logs


def _p_log_p(chances: Array) -> Array:
    return chances * _log(chances)
