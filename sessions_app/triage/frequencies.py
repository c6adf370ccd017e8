"""How often each outcome of a finding is met in each condition.

An unlisted finding is not impossible: it has a leak from its base rate, since
missing links in the knowledge are certain and wrong answers are common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sessions_app.triage.knowledge.schema import Condition, Finding

Array = NDArray[np.float64]

FREQUENCIES = (0.01, 0.03, 0.10, 0.25, 0.50, 0.75, 0.92, 0.97)
LEAK = 0.5
FLOOR, CEILING = 0.01, 0.97
# Listed shares are estimates: a tenth of the population's shares stays mixed in.
SMOOTHING = 0.1


class Links:
    """What the conditions say of each finding: (place of the condition, figure) by finding."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self.count = len(conditions)
        self.figures: dict[str, list[tuple[int, int | dict[str, int]]]] = {}
        self.risks: dict[str, list[tuple[int, float]]] = {}
        for place, condition in enumerate(conditions):
            for name, figure in condition.findings.items():
                self.figures.setdefault(name, []).append((place, figure))
            for name, odds in condition.risk.items():
                self.risks.setdefault(name, []).append((place, odds))


def blocks_of(finding: Finding, links: Links) -> list[tuple[str, tuple[str, ...], Array]]:
    """Option, outcomes and rows of each variable of the finding; a column per condition, one for `other`."""
    if finding.type == "binary":
        return [("", ("no", "yes"), _yes_no_rows(_yes_chances(finding, links)))]
    shares = finding.base_rate if isinstance(finding.base_rate, dict) else {}
    if finding.type == "multi":
        return [
            (
                option.id,
                ("no", "yes"),
                _yes_no_rows(_option_chances(finding, option.id, links, shares.get(option.id, 0.05))),
            )
            for option in finding.values
        ]
    outcomes = tuple(part.id for part in (finding.values or finding.bins))
    base_shares = np.array([max(shares.get(outcome, 0.01), 0.005) for outcome in outcomes])
    base_shares /= base_shares.sum()
    block = np.repeat(base_shares[:, None], links.count + 1, axis=1)
    for place, figure in links.figures.get(finding.id, ()):
        if isinstance(figure, dict):
            block[:, place] = _outcome_shares(outcomes, figure, base_shares)
    return [("", outcomes, block)]


def _yes_no_rows(chances: Array) -> Array:
    yes = np.clip(chances, FLOOR, CEILING)
    return np.stack([1 - yes, yes])


def _yes_chances(finding: Finding, links: Links) -> Array:
    base = float(finding.base_rate) if isinstance(finding.base_rate, int | float) else 0.05
    # Risks are as frequent in those whom they do not matter to as in everybody.
    chances = np.full(links.count + 1, base if finding.kind in ("risk", "history") else base * LEAK)
    chances[-1] = base
    for place, odds in links.risks.get(finding.id, ()):
        # The share with the risk among the ill, so that presence multiplies the odds by `risk`.
        chances[place] = base * odds / (1 + base * (odds - 1))
    for place, figure in links.figures.get(finding.id, ()):
        if isinstance(figure, int):
            chances[place] = FREQUENCIES[figure]
    return chances


def _option_chances(finding: Finding, option: str, links: Links, base: float) -> Array:
    chances = np.full(links.count + 1, base)
    for place, figure in links.figures.get(finding.id, ()):
        if isinstance(figure, dict):
            chances[place] = FREQUENCIES[figure[option]] if option in figure else base * LEAK
    return chances


def _outcome_shares(outcomes: Sequence[str], listed: Mapping[str, int], base_shares: Array) -> Array:
    known = np.array([FREQUENCIES[listed[outcome]] if outcome in listed else 0.0 for outcome in outcomes])
    rest = np.where(known > 0, 0.0, base_shares)
    left_over = max(1 - known.sum(), 0.04)
    if rest.sum() > 0:
        known = known + rest / rest.sum() * left_over
    shares = known / known.sum()
    smoothed: Array = np.maximum((1 - SMOOTHING) * shares + SMOOTHING * base_shares, FLOOR)
    return smoothed
