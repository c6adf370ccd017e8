"""Single answers on which the urgency hangs: undecided red flags, and what makes a likely cause worse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sessions_app.triage.case import Value
from sessions_app.triage.interview import Interview
from sessions_app.triage.red_flags import rank
from sessions_app.triage.rule_chance import outcomes_of

# A check counts by the chance of the answer that raises the level; below
# `UNLIKELY` it is not looked at, above `PRESSING` the interview does not end before it.
WEIGHT, UNLIKELY, PRESSING = 0.3, 0.015, 0.05
# Causes less likely than this are not asked about their aggravating circumstances.
LIKELY_CAUSE = 0.2
PRESSING_UPGRADE = 0.02


@dataclass(frozen=True, slots=True)
class Check:
    value: float
    why: str
    is_pressing: bool


def urgency_checks(interview: Interview) -> dict[str, Check]:
    """For each finding that could raise the level by itself: what it checks and how much that counts."""
    checks = _rule_checks(interview)
    for name, check in _upgrade_checks(interview).items():
        if name not in checks or check.value > checks[name].value:
            checks[name] = check
    return checks


def _rule_checks(interview: Interview) -> dict[str, Check]:
    findings, presence = interview.worth.sheet.findings, interview.worth.presence
    places = np.flatnonzero(interview.askable & (presence >= UNLIKELY))
    chances = zip(places.tolist(), presence[places].tolist(), strict=True)
    likely = {findings[place].id: chance for place, chance in chances}
    facts = dict(interview.evidence.facts)
    checks: dict[str, Check] = {}
    # The most urgent first: whatever another rule says of a name found here weighs less.
    for rule, needed in interview.verdicts.one_short_above(interview.level):
        weight = WEIGHT * (rank(rule.flag.level) - rank(interview.level))
        for name in needed & likely.keys():
            before = facts.get(name)
            facts[name] = True
            if rule.test.test(facts):
                chance = likely.pop(name)
                checks[name] = Check(weight * chance, f"Checks the rule: {rule.flag.text}", chance > PRESSING)
            facts[name] = before
    return checks


def _upgrade_checks(interview: Interview) -> dict[str, Check]:
    posterior, current, book = interview.belief.posterior, rank(interview.level), interview.verdicts.book
    findings, names = interview.knowledge.findings, interview.belief.tables.conditions
    facts: dict[str, Value] = dict(interview.evidence.facts)
    checks: dict[str, Check] = {}
    is_likely = posterior[book.upgraded] >= LIKELY_CAUSE
    is_raising = book.upgraded_to > np.maximum(current, interview.ranks[book.upgraded])
    for upgrade in (book.upgrades[place] for place in np.flatnonzero(is_likely & is_raising)):
        likely = float(posterior[upgrade.place])
        for name in sorted(filter(interview.may_ask, upgrade.test.names)):
            before = facts.get(name)
            chance = 0.0
            for value, share in outcomes_of(name, interview.belief, interview.knowledge):
                facts[name] = value
                chance += share if upgrade.test.test(facts) else 0.0
            facts[name] = before
            value_of_check = WEIGHT * (upgrade.rank - current) * chance * likely
            if chance > PRESSING_UPGRADE and (name not in checks or value_of_check > checks[name].value):
                is_pressing = findings[name].kind != "measurement"
                condition = interview.knowledge.conditions[names[upgrade.place]]
                why = f"Tells whether {condition.name} would need more urgent care."
                checks[name] = Check(value_of_check, why, is_pressing)
    return checks
