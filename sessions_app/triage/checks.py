"""Single answers on which the urgency hangs: undecided red flags, and what makes a likely cause worse."""

from __future__ import annotations

from dataclasses import dataclass

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
    places, presence = interview.belief.tables.finding_places, interview.worth.presence.tolist()
    chances = {name: presence[places[name]] for name in interview.askable}
    likely = {name: chance for name, chance in chances.items() if chance >= UNLIKELY}
    facts = dict(interview.evidence.facts)
    checks: dict[str, Check] = {}
    for rule in interview.verdicts.one_short_above(interview.level):
        gain = rank(rule.flag.level) - rank(interview.level)
        for name in rule.test.names & likely.keys():
            chance = likely[name]
            # Only what beats the rule known so far is worth a trial.
            if name in checks and WEIGHT * gain * chance <= checks[name].value:
                continue
            before = facts.get(name)
            facts[name] = True
            if rule.test.test(facts):
                why = f"Checks the rule: {rule.flag.text}"
                checks[name] = Check(WEIGHT * gain * chance, why, chance > PRESSING)
            facts[name] = before
    return checks


def _upgrade_checks(interview: Interview) -> dict[str, Check]:
    posterior, current = interview.belief.posterior.tolist(), rank(interview.level)
    findings, names = interview.knowledge.findings, interview.belief.tables.conditions
    facts: dict[str, Value] = dict(interview.evidence.facts)
    checks: dict[str, Check] = {}
    for upgrade in interview.verdicts.book.upgrades:
        likely = posterior[upgrade.place]
        if likely < LIKELY_CAUSE or upgrade.rank <= max(current, interview.ranks[upgrade.place]):
            continue
        for name in sorted(upgrade.test.names & interview.askable):
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
