"""The triage level: the highest of red-flag floor, expected cost, modifiers and safety floor.

Under-triage of an emergency is the one unforgivable error, so home care needs
positive grounds and an unanswered danger question counts as open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Decision:
    level: Level
    reason: str
    # Urgency 0-3 of each condition in these circumstances; the last one is `other`.
    ranks: NDArray[np.intp]


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
    decision = _decide_on(evidence, evidence.values, verdicts.rulings, belief, knowledge)
    if rank(decision.level) < rank("urgent"):
        decision = _at_least(decision, *_open_danger(evidence, belief, verdicts, knowledge))
    decision = _at_least(decision, *_if_denied(evidence, decision.level, knowledge))
    if verdicts.fired:
        is_decided_by_rule = rank(top) >= rank(decision.level)
        text = f"Red flag: {names}." if is_decided_by_rule else f"{decision.reason} Red flag: {names}."
        return replace(decision, level=highest(top, decision.level), reason=text)
    return decision


def _at_least(decision: Decision, level: Level, reason: str) -> Decision:
    return replace(decision, level=level, reason=reason) if rank(level) > rank(decision.level) else decision


def _if_denied(evidence: Evidence, level: Level, knowledge: Knowledge) -> tuple[Level, str]:
    """What would follow if every danger sign not known were denied: "don't know" must never be safer."""
    asked = must_asks(evidence.branches, knowledge)
    unknown = {name: False for name in asked if evidence.facts.get(name) is None}
    if not unknown or level == LEVELS[-1]:
        return "self_care", ""
    values = {**evidence.values, **unknown}
    book = rulebook_of(knowledge)
    rulings = book.decide({**evidence.facts, **unknown})
    denied = _decide_on(evidence, values, rulings, believe(evidence, knowledge, values), knowledge)
    firing = (book.rules[place] for place in np.flatnonzero(rulings.rules == 1))
    floors = (rule.flag.level for rule in firing if not rule.test.names.isdisjoint(unknown))
    return highest(denied.level, *floors), denied.reason


def _decide_on(
    evidence: Evidence, values: Mapping[str, Value], rulings: Rulings, belief: Belief, knowledge: Knowledge
) -> Decision:
    ranks = condition_ranks(rulings, knowledge)
    shares = level_shares(belief.posterior, ranks)
    level = cheapest_level(shares)
    reason = _cost_reason(level, shares, ranks, belief, knowledge)
    if level == "self_care":
        doubt = _doubt(evidence, values, shares, knowledge)
        if doubt:
            level, reason = "routine", f"Home care needs more certainty: {doubt}."
    modifiers = rulebook_of(knowledge).modifiers
    for place in np.flatnonzero(rulings.modifiers == 1):
        level = LEVELS[min(rank(level) + 1, len(LEVELS) - 1)]
        reason = f"{reason} One level up: {modifiers[place]}."
    return Decision(level=level, reason=reason, ranks=ranks)


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


def _open_danger(
    evidence: Evidence, belief: Belief, verdicts: Verdicts, knowledge: Knowledge
) -> tuple[Level, str]:
    """An emergency rule that hangs on a danger question left open keeps the level at `urgent`."""
    asked = {name for question in evidence.settled for name in asked_by(question, knowledge)}
    left_open = [
        name
        for name in must_asks(evidence.branches, knowledge)
        if evidence.facts.get(name) is None and (name in evidence.values or name in asked)
    ]
    for rule in verdicts.undecided_above("urgent") if left_open else ():
        names = [name for name in left_open if name in rule.test.names]
        # No rule hangs on these names with more than their own chance: spares most of the work.
        if sum(yes_chance(name, belief, knowledge) for name in names) <= POSSIBLE:
            continue
        if highest_chance(rule, evidence.facts, belief, knowledge) <= POSSIBLE:
            continue
        if chance_to_fire(rule, evidence.facts, belief, knowledge) > POSSIBLE:
            label = knowledge.findings[names[0]].label
            return "urgent", f"Not known: {label}; the rule {rule.flag.id} could still apply."
    return "self_care", ""


def _cost_reason(
    level: Level, shares: Array, ranks: NDArray[np.intp], belief: Belief, knowledge: Knowledge
) -> str:
    is_home = level == "self_care"
    order = np.argsort(-belief.posterior)
    is_weighty = ranks[order] == 0 if is_home else ranks[order] >= rank(level)
    weighty = order[is_weighty & (order < belief.tables.other)]
    listed = ", ".join(
        f"{knowledge.conditions[belief.tables.conditions[place]].name} {belief.posterior[place]:.0%}"
        for place in weighty[:3]
    )
    if is_home:
        return f"Causes that can be managed at home {shares[0]:.0%} likely: {listed}."
    return f"Causes that need {level} care or more {shares[rank(level) :].sum():.0%} likely: {listed}."
