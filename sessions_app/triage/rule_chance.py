"""How likely an undecided rule is to fire, given what is believed about its unknown names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import prod

from sessions_app.triage.belief import BAND_SHARES, BAND_STARTS, Belief, tables_of, value_inside
from sessions_app.triage.case import Value
from sessions_app.triage.expressions import NUMERIC
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Finding
from sessions_app.triage.logic import Atom, Every, Node, Not, Some
from sessions_app.triage.red_flags import Rule

# A combination of answers rarer than this is not followed further.
NEGLIGIBLE = 0.004
AGES = tuple(zip((0, *BAND_STARTS), BAND_SHARES.tolist(), strict=True))
SEXES = (("female", 0.5), ("male", 0.5))


def chance_to_fire(rule: Rule, facts: Mapping[str, Value], belief: Belief, knowledge: Knowledge) -> float:
    """Probability in [0, 1] that the rule comes true, the unknown names taken as independent."""
    unknown = [name for name in sorted(rule.test.names) if facts.get(name) is None]
    # The rarest first: a rule that hangs on it is then given up early.
    unknown.sort(key=lambda name: yes_chance(name, belief))
    options = {name: tuple(outcomes_of(name, belief, knowledge)) for name in unknown}
    trial = dict(facts)
    test = rule.test.test

    def fires(names: list[str], weight: float) -> float:
        truth = test(trial)
        if truth is not None or not names or weight < NEGLIGIBLE:
            return weight if truth else 0.0
        name, total = names[0], 0.0
        for value, chance in options[name]:
            trial[name] = value
            total += fires(names[1:], weight * chance)
        trial[name] = None
        return total

    return fires(unknown, 1.0)


def highest_chance(rule: Rule, facts: Mapping[str, Value], belief: Belief, knowledge: Knowledge) -> float:
    """What the chance to fire cannot exceed; cheap, since it tries nothing."""

    def highest(node: Node) -> float:
        match node:
            case Atom(name, "is"):
                value = facts.get(name)
                return yes_chance(name, belief) if value is None else float(value is True)
            case Not(Atom(name, "is")):
                value = facts.get(name)
                return 1.0 - yes_chance(name, belief) if value is None else float(value is False)
            case Every(parts):
                # They may hang on the same names, so that they come true together.
                return min(map(highest, parts))
            case Some(parts):
                return min(1.0, sum(map(highest, parts)))
        return 1.0

    together = (min if rule.test.is_tangled else prod)(map(highest, rule.test.conjuncts))
    unknown = (name for name in rule.test.names if facts.get(name) is None)
    return together * prod(max(1.0, _mass(name, belief, knowledge)) for name in unknown)


def _mass(name: str, belief: Belief, knowledge: Knowledge) -> float:
    """Sum of the chances of all outcomes: several of a finding with many values may be there together."""
    if name not in knowledge.findings or name in belief.tables.yes_rows:
        return 1.0
    return sum(chance for _, chance in outcomes_of(name, belief, knowledge))


def yes_chance(name: str, belief: Belief) -> float:
    """Probability of a yes, for sorting; 1 for what is no yes/no finding."""
    row = belief.tables.yes_rows.get(name)
    return 1.0 if row is None else belief.row_chance(row)


def outcomes_of(name: str, belief: Belief, knowledge: Knowledge) -> Iterator[tuple[Value, float]]:
    """Values that an unknown name may take, each with its probability in the present belief."""
    if name == "age":
        yield from AGES
    elif name == "sex":
        yield from SEXES
    else:
        yield from ((value, belief.row_chance(row)) for value, row in _outcomes(name, knowledge))


@lru_cache(maxsize=4096)
def _outcomes(name: str, knowledge: Knowledge) -> tuple[tuple[Value, int], ...]:
    """The values that a finding may take, each with its row."""
    finding, tables = knowledge.findings[name], tables_of(knowledge)
    valued = (
        (_value(finding, tables.nodes[place].option, outcome), row)
        for place in tables.nodes_of[name]
        for row, outcome in enumerate(tables.nodes[place].outcomes, start=tables.nodes[place].first_row)
    )
    return tuple((value, row) for value, row in valued if value != ())


def _value(finding: Finding, option: str, outcome: str) -> Value:
    if finding.type == "binary":
        return outcome == "yes"
    if finding.type == "multi":
        return (option,) if outcome == "yes" else ()
    return value_inside(finding, outcome) if finding.type in NUMERIC else outcome
