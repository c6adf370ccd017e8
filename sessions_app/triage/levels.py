"""The triage level: the highest of red-flag floor, expected cost, modifiers and safety floor.

Under-triage of an emergency is the one unforgivable error, so home care needs
positive grounds and an unanswered danger question counts as open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sessions_app.triage.belief import Belief, believe, tables_of
from sessions_app.triage.case import Level, Value
from sessions_app.triage.evidence import GENERAL, Evidence, asked_by
from sessions_app.triage.frequencies import Array
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.red_flags import LEVELS, highest, rank
from sessions_app.triage.rule_chance import chance_to_fire, highest_chance, yes_chance
from sessions_app.triage.rulebook import Rulings, Verdicts, rulebook_of

# COST[level of the condition, level given]: sending an emergency home costs
# 50, calling an ambulance for a cold 4.
COST = np.array(
    [
        [0.0, 1.0, 2.0, 4.0],
        [3.0, 0.0, 1.0, 2.0],
        [15.0, 3.0, 0.0, 1.0],
        [50.0, 15.0, 3.0, 0.0],
    ]
)
SELF_CARE_SHARE = 0.8
# The tables never say less than 1 %, so "more than 1 %" has to lie above that.
POSSIBLE = 0.015
# The causes named in a reason.
MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class Decision:
    level: Level
    reason: str
    # Urgency 0-3 of each condition in these circumstances; the last one is `other`.
    ranks: NDArray[np.intp]


@dataclass(frozen=True, eq=False, slots=True)
class Estimate:
    """The level that the likely causes and the circumstances call for; put into words only when asked."""

    level: Level
    belief: Belief
    ranks: NDArray[np.intp]
    # Of each level, and the level with the least expected cost.
    shares: Array
    cheapest: Level
    # What stands against home care, and what makes everything more urgent.
    doubt: str
    raised_by: tuple[str, ...]

    def reason(self, knowledge: Knowledge) -> str:
        """Say why it is this level."""
        said = f"Home care needs more certainty: {self.doubt}." if self.doubt else self._causes(knowledge)
        return " ".join([said, *(f"One level up: {circumstance}." for circumstance in self.raised_by)])

    def _causes(self, knowledge: Knowledge) -> str:
        level, order, belief = rank(self.cheapest), self.belief.order, self.belief
        ranks = self.ranks[order]
        weighty = order[ranks == 0 if level == 0 else ranks >= level][:MAX_NAMED]
        listed = ", ".join(
            f"{knowledge.conditions[belief.tables.conditions[place]].name} {belief.posterior[place]:.0%}"
            for place in weighty.tolist()
        )
        if level == 0:
            return f"Causes that can be managed at home {self.shares[0]:.0%} likely: {listed}."
        share = self.shares[level:].sum()
        return f"Causes that need {self.cheapest} care or more {share:.0%} likely: {listed}."


@lru_cache(maxsize=512)
def must_asks(branches: tuple[str, ...], knowledge: Knowledge) -> tuple[str, ...]:
    """Danger signs that a session's branches always ask for."""
    found = dict.fromkeys(
        finding_id
        for branch in branches
        if branch in knowledge.complaints
        for group in knowledge.complaints[branch].must_ask
        for finding_id in group.findings
    )
    return tuple(found)


def condition_ranks(rulings: Rulings, knowledge: Knowledge) -> NDArray[np.intp]:
    """Urgency 0-3 of each condition in these circumstances; the last one is `other`."""
    ranks = tables_of(knowledge).ranks.copy()
    upgrades = rulebook_of(knowledge).upgrades
    for upgrade in (upgrades[place] for place in np.flatnonzero(rulings.upgrades == 1)):
        ranks[upgrade.place] = max(upgrade.rank, ranks[upgrade.place])
    return ranks


def level_shares(posterior: Array, ranks: NDArray[np.intp]) -> Array:
    """Probability that the cause belongs to each level, most harmless first."""
    shares: Array = np.bincount(ranks, weights=posterior, minlength=len(LEVELS)).astype(np.float64)
    return shares


def cheapest_level(shares: Array) -> Level:
    """The level with the least expected cost; of equals the more urgent."""
    costs = shares @ COST
    return LEVELS[int(np.flatnonzero(costs <= costs.min() + 1e-12)[-1])]


def decide(evidence: Evidence, belief: Belief, verdicts: Verdicts, knowledge: Knowledge) -> Decision:
    """Decide the level and say why; never below a fired rule."""
    top: Level = verdicts.fired[0].level if verdicts.fired else "self_care"
    names = ", ".join(flag.id for flag in verdicts.fired)
    if top == LEVELS[-1]:
        # Nothing else can raise it further.
        ranks = condition_ranks(verdicts.rulings, knowledge)
        return Decision(level=top, reason=f"Red flag: {names}.", ranks=ranks)
    estimate = _estimate(evidence, evidence.values, verdicts.rulings, belief, knowledge)
    level, reason = estimate.level, ""
    if rank(level) < rank("urgent"):
        reason = _open_danger(evidence, belief, verdicts, knowledge)
        level = "urgent" if reason else level
    unknown = dict.fromkeys(_unknown_dangers(evidence, knowledge), False)
    if unknown and level != LEVELS[-1]:
        floor, denied = _if_denied(evidence, unknown, knowledge)
        if rank(floor) > rank(level):
            level, reason = floor, denied.reason(knowledge)
    reason = reason or estimate.reason(knowledge)
    if verdicts.fired:
        is_decided_by_rule = rank(top) >= rank(level)
        reason = f"Red flag: {names}." if is_decided_by_rule else f"{reason} Red flag: {names}."
    return Decision(level=highest(top, level), reason=reason, ranks=estimate.ranks)


def _unknown_dangers(evidence: Evidence, knowledge: Knowledge) -> list[str]:
    facts = evidence.facts
    return [name for name in must_asks(evidence.branches, knowledge) if facts.get(name) is None]


def _if_denied(
    evidence: Evidence, unknown: Mapping[str, Value], knowledge: Knowledge
) -> tuple[Level, Estimate]:
    """What would follow if every danger sign not known were denied: "don't know" must never be safer."""
    values = {**evidence.values, **unknown}
    book = rulebook_of(knowledge)
    rulings = book.decide({**evidence.facts, **unknown})
    denied = _estimate(evidence, values, rulings, believe(evidence, knowledge, values), knowledge)
    firing = (book.rules[place] for place in np.flatnonzero(rulings.rules == 1))
    floors = (rule.flag.level for rule in firing if not rule.test.names.isdisjoint(unknown))
    return highest(denied.level, *floors), denied


def _estimate(
    evidence: Evidence, values: Mapping[str, Value], rulings: Rulings, belief: Belief, knowledge: Knowledge
) -> Estimate:
    ranks = condition_ranks(rulings, knowledge)
    shares = level_shares(belief.posterior, ranks)
    cheapest = cheapest_level(shares)
    doubt = _doubt(evidence, values, shares, knowledge) if cheapest == "self_care" else ""
    modifiers = rulebook_of(knowledge).modifiers
    raised_by = tuple(modifiers[place] for place in np.flatnonzero(rulings.modifiers == 1))
    start = max(rank(cheapest), rank("routine")) if doubt else rank(cheapest)
    return Estimate(
        level=LEVELS[min(start + len(raised_by), len(LEVELS) - 1)],
        belief=belief,
        ranks=ranks,
        shares=shares,
        cheapest=cheapest,
        doubt=doubt,
        raised_by=raised_by,
    )


def _doubt(evidence: Evidence, values: Mapping[str, Value], shares: Array, knowledge: Knowledge) -> str:
    """What stands against home care; empty when nothing does."""
    complaint = knowledge.complaints.get(evidence.branches[0])
    if complaint is None or complaint.id == GENERAL:
        return "the complaint is not one of those covered in depth"
    if any(evidence.facts.get(name) is not False for name in must_asks(evidence.branches, knowledge)):
        return "not every danger sign is ruled out"
    # `other` counts as routine: a picture that fits no known condition ends here.
    if shares[0] < SELF_CARE_SHARE:
        return f"harmless causes only {shares[0]:.0%} likely"
    hours, severity = values.get("symptom_duration"), values.get("pain_severity")
    if not isinstance(hours, int | float) or hours > complaint.self_care_max_hours:
        return "it has lasted too long, or it is not known how long"
    if isinstance(severity, int | float) and severity > complaint.self_care_max_severity:
        return "the pain is too strong"
    return ""


def _open_danger(evidence: Evidence, belief: Belief, verdicts: Verdicts, knowledge: Knowledge) -> str:
    """Why an emergency rule that hangs on a danger question left open keeps the level at `urgent`, if any."""
    asked = {name for question in evidence.settled for name in asked_by(question, knowledge)}
    left_open = [
        name for name in _unknown_dangers(evidence, knowledge) if name in evidence.values or name in asked
    ]
    for rule in verdicts.undecided_about(left_open, "urgent"):
        names = [name for name in left_open if name in rule.test.names]
        # No rule hangs on these names with more than their own chance: spares most of the work.
        if sum(yes_chance(name, belief) for name in names) <= POSSIBLE:
            continue
        if highest_chance(rule, evidence.facts, belief, knowledge) <= POSSIBLE:
            continue
        if chance_to_fire(rule, evidence.facts, belief, knowledge) > POSSIBLE:
            label = knowledge.findings[names[0]].label
            return f"Not known: {label}; the rule {rule.flag.id} could still apply."
    return ""
