"""What the answer to each open question is expected to tell, in nats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sessions_app.triage.belief import Belief, Tables
from sessions_app.triage.frequencies import Array
from sessions_app.triage.knowledge.schema import Finding
from sessions_app.triage.levels import COST, level_shares

EMERGENCY_WEIGHT, LEVEL_WEIGHT = 1.5, 0.5
# Values of one finding overlap in what they tell.
OVERLAP = 0.5
# An outcome rarer than this does not keep the interview going.
RARE = 0.02


@dataclass(frozen=True, eq=False)
class Worth:
    belief: Belief
    # Per node: nats about the cause.
    by_node: Array
    # Per finding: nats about the cause that asking is expected to give, and the value
    # of asking: cause, emergency and level together, the burden deducted.
    information: Array
    scores: Array
    # Per finding: probability that it is present; 0 for one that is no yes/no finding.
    presence: Array
    # Per finding: whether an answer that is not rare would change the cheapest level.
    changes_level: NDArray[np.bool_]

    def score(self, finding: Finding) -> float:
        """Expected value of asking for the finding."""
        return float(self.scores[self.belief.tables.finding_places[finding.id]])


def weigh(belief: Belief, ranks: NDArray[np.intp]) -> Worth:
    """Mutual information of every node with cause, emergency and level in a few sums of products."""
    tables, asking, posterior = belief.tables, belief.tables.asking, belief.posterior
    joint = _joint(belief, ranks)
    chances = joint.sum(axis=1)
    own_entropy = -chances * np.log(chances)
    expected_entropy = np.einsum("rd,d->r", tables.entropies, posterior)
    by_node = np.add.reduceat(own_entropy + expected_entropy, tables.first_rows)
    shares = level_shares(posterior, ranks)
    is_emergency = np.stack([joint[:, -1], chances - joint[:, -1]], axis=1)
    about_emergency = _information(is_emergency, chances, np.array([shares[-1], 1 - shares[-1]]), tables)
    about_level = _information(joint, chances, shares, tables)
    cause = _per_finding(by_node, tables)
    total = cause + EMERGENCY_WEIGHT * _per_finding(about_emergency, tables)
    current = np.argmin(shares @ COST)
    is_changing = (np.argmin(joint @ COST, axis=1) != current) & (chances > RARE)
    total += LEVEL_WEIGHT * _per_finding(about_level, tables)
    return Worth(
        belief=belief,
        by_node=by_node,
        information=cause * asking.answerable,
        scores=total * asking.answerable - asking.burdens,
        presence=np.where(asking.yes_rows > 0, chances[asking.yes_rows], 0.0),
        changes_level=np.logical_or.reduceat(is_changing, tables.first_rows[tables.first_nodes]),
    )


def _joint(belief: Belief, ranks: NDArray[np.intp]) -> Array:
    """Probability of each outcome together with a cause of each urgency."""
    tables, posterior = belief.tables, belief.posterior
    usual = np.where(ranks == tables.ranks, posterior, 0.0)
    # einsum and not a matrix product: the products are small, and the linear
    # algebra library would wake threads that wait longer than they work.
    columns = [np.einsum("dr,d->r", chances, usual[members]) for members, chances in tables.by_rank]
    for place in np.flatnonzero(ranks != tables.ranks):
        columns[ranks[place]] += posterior[place] * tables.chances[:, place]
    joint: Array = np.stack(columns, axis=1)
    return joint


def _information(joint: Array, chances: Array, shares: Array, tables: Tables) -> Array:
    expected = np.maximum(chances[:, None] * shares, 1e-15)
    terms = joint * np.log(np.maximum(joint, 1e-15) / expected)
    per_node: Array = np.add.reduceat(terms.sum(axis=1), tables.first_rows)
    return per_node


def _per_finding(figures: Array, tables: Tables) -> Array:
    best = np.maximum.reduceat(figures, tables.first_nodes)
    together: Array = best + OVERLAP * (np.add.reduceat(figures, tables.first_nodes) - best)
    return together
