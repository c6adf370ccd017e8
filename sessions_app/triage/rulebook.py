"""Every rule of the knowledge, compiled once; all are decided on every change, whatever the differential."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, compress

import numpy as np
from numpy.typing import NDArray

from sessions_app.triage.case import Level, Value
from sessions_app.triage.circuit import Circuit, Truths
from sessions_app.triage.evidence import Evidence
from sessions_app.triage.expressions import Expression, ExpressionError, compile_expression
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import RedFlag
from sessions_app.triage.logic import names_in
from sessions_app.triage.red_flags import LEVELS, Rule, rank

# Circumstances that make the same complaint one level more urgent.
MODIFIERS = (
    ("pregnancy with pain or bleeding", "pregnant and (vaginal_bleeding or abdominal_pain or headache)"),
    ("fever with a weakened immune system", "immunosuppressed and fever"),
    ("head injury under blood thinners", "anticoagulants and head_injury"),
    ("new confusion or a fall in old age", "age >= 75 and (confusion or recent_trauma)"),
    ("fever in the first year of life", "age < 1 and fever"),
)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What makes a condition more urgent: its column, the test and the rank it is raised to."""

    place: int
    test: Expression
    rank: int


@dataclass(frozen=True, eq=False)
class Rulings:
    """What became of every rule, upgrade and modifier: -1 false, 0 not known, 1 true."""

    rules: Truths
    conjuncts: Truths
    upgrades: Truths
    modifiers: Truths


@dataclass(frozen=True, eq=False)
class Rulebook:
    # The most urgent first.
    rules: tuple[Rule, ...]
    # How many of them raise to more than each rank.
    above: tuple[int, ...]
    # The rules that hang on each name, in their order.
    about: Mapping[str, tuple[int, ...]]
    upgrades: tuple[Upgrade, ...]
    # The condition that each upgrade concerns and the rank it is raised to.
    upgraded: NDArray[np.intp]
    upgraded_to: NDArray[np.intp]
    modifiers: tuple[str, ...]
    # Where the conjuncts of each rule start, and whether they hang on the same names.
    starts: NDArray[np.intp]
    is_tangled: NDArray[np.bool_]
    # The rule that each conjunct belongs to, and the names that it hangs on.
    owners: NDArray[np.intp]
    conjunct_names: tuple[frozenset[str], ...]
    circuit: Circuit

    def decide(self, facts: Mapping[str, Value]) -> Rulings:
        """Decide everything once."""
        truths = self.circuit.decide(facts)
        rules = len(self.rules)
        upgrades = rules + len(self.upgrades)
        modifiers = upgrades + len(self.modifiers)
        return Rulings(
            rules=truths[:rules],
            upgrades=truths[rules:upgrades],
            modifiers=truths[upgrades:modifiers],
            conjuncts=truths[modifiers:],
        )


@dataclass(frozen=True, eq=False)
class Verdicts:
    book: Rulebook
    rulings: Rulings
    # The most urgent first.
    fired: tuple[RedFlag, ...]
    # For each rule of the book.
    is_undecided: NDArray[np.bool_]

    def undecided_above(self, level: Level) -> tuple[Rule, ...]:
        """Rules that could still raise the level."""
        above = self.book.above[rank(level)]
        return tuple(compress(self.book.rules, self.is_undecided[:above].tolist()))

    def undecided_about(self, names: Iterable[str], level: Level) -> Iterator[Rule]:
        """Those of them that hang on one of these names."""
        book, above = self.book, self.book.above[rank(level)]
        places = {place for name in names for place in book.about.get(name, ()) if place < above}
        return (book.rules[place] for place in sorted(places) if self.is_undecided[place])

    def one_short_above(self, level: Level) -> Iterator[tuple[Rule, frozenset[str]]]:
        """Rules that could raise the level by a single answer, with the names that it could be about."""
        book, above = self.book, self.book.above[rank(level)]
        is_missing = self.rulings.conjuncts == 0
        missing = np.add.reduceat(is_missing, book.starts, dtype=np.intp)
        is_near = self.is_undecided & ((missing == 1) | book.is_tangled)
        is_near[above:] = False
        needed: dict[int, frozenset[str]] = {}
        for place in np.flatnonzero(is_missing & is_near[book.owners]).tolist():
            rule, names = int(book.owners[place]), book.conjunct_names[place]
            # One answer has to bring about everything that is missing.
            needed[rule] = needed[rule] & names if rule in needed else names
        return ((book.rules[rule], names) for rule, names in needed.items() if names)


def judge(evidence: Evidence, knowledge: Knowledge) -> Verdicts:
    """Decide every rule once; a rule raised by name has fired."""
    book = rulebook_of(knowledge)
    rulings = book.decide(evidence.facts)
    has_fired = rulings.rules == 1
    if evidence.raised:
        has_fired |= np.array([rule.flag.id in evidence.raised for rule in book.rules])
    fired = [book.rules[place].flag for place in np.flatnonzero(has_fired)]
    fired.sort(key=lambda flag: (-rank(flag.level), flag.id))
    return Verdicts(
        book=book,
        rulings=rulings,
        fired=tuple(fired),
        is_undecided=(rulings.rules == 0) & ~has_fired,
    )


@lru_cache(maxsize=4)
def rulebook_of(knowledge: Knowledge) -> Rulebook:
    """Compile every rule of the knowledge; raises ExpressionError for a broken one."""
    findings = knowledge.findings
    flags = sorted(knowledge.red_flags.values(), key=lambda flag: -rank(flag.level))
    rules = tuple(Rule(flag=flag, test=compile_expression(flag.when, findings)) for flag in flags)
    upgrades = tuple(
        Upgrade(place, compile_expression(upgrade.when, findings), rank(upgrade.level))
        for place, condition in enumerate(knowledge.conditions.values())
        for upgrade in condition.upgrades
    )
    modifiers = dict(_modifiers(knowledge))
    tests = (*(rule.test for rule in rules), *(upgrade.test for upgrade in upgrades), *modifiers.values())
    conjuncts = [rule.test.conjuncts for rule in rules]
    return Rulebook(
        rules=rules,
        above=tuple(sum(rank(flag.level) > level for flag in flags) for level in range(len(LEVELS))),
        about=_by_name(rules),
        upgrades=upgrades,
        upgraded=np.array([upgrade.place for upgrade in upgrades], dtype=np.intp),
        upgraded_to=np.array([upgrade.rank for upgrade in upgrades], dtype=np.intp),
        modifiers=tuple(modifiers),
        starts=np.cumsum([0, *map(len, conjuncts)], dtype=np.intp)[:-1],
        is_tangled=np.array([rule.test.is_tangled for rule in rules], dtype=np.bool_),
        owners=np.repeat(np.arange(len(rules)), list(map(len, conjuncts))),
        conjunct_names=tuple(map(names_in, chain.from_iterable(conjuncts))),
        circuit=Circuit((*(test.tree for test in tests), *chain.from_iterable(conjuncts))),
    )


def _by_name(rules: Iterable[Rule]) -> dict[str, tuple[int, ...]]:
    about: dict[str, list[int]] = {}
    for place, rule in enumerate(rules):
        for name in rule.test.names:
            about.setdefault(name, []).append(place)
    return {name: tuple(places) for name, places in about.items()}


def _modifiers(knowledge: Knowledge) -> Iterable[tuple[str, Expression]]:
    for label, text in MODIFIERS:
        try:
            yield label, compile_expression(text, knowledge.findings)
        except ExpressionError:
            # A smaller knowledge base without these findings has nothing to modify.
            continue
