"""Every rule of the knowledge, compiled once; all are decided on every change, whatever the differential."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from sessions_app.triage.red_flags import Rule, rank

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
    rules: tuple[Rule, ...]
    # Rank of the level that each rule raises to.
    ranks: NDArray[np.int8]
    upgrades: tuple[Upgrade, ...]
    modifiers: tuple[str, ...]
    # Where the conjuncts of each rule start, and whether they hang on the same names.
    starts: NDArray[np.intp]
    is_tangled: NDArray[np.bool_]
    circuit: Circuit

    def decide(self, facts: Mapping[str, Value]) -> Rulings:
        """Decide everything once."""
        truths = self.circuit.decide(facts)
        ends = np.cumsum([len(self.rules), len(self.upgrades), len(self.modifiers)])
        rules, upgrades, modifiers, conjuncts = np.split(truths, ends)
        return Rulings(rules=rules, conjuncts=conjuncts, upgrades=upgrades, modifiers=modifiers)


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
        return self._rules(self.is_undecided & (self.book.ranks > rank(level)))

    def one_short_above(self, level: Level) -> tuple[Rule, ...]:
        """Rules that could raise the level by a single answer."""
        missing = np.add.reduceat(self.rulings.conjuncts == 0, self.book.starts, dtype=np.intp)
        is_near = self.is_undecided & ((missing == 1) | self.book.is_tangled)
        return self._rules(is_near & (self.book.ranks > rank(level)))

    def firing_with(self, facts: Mapping[str, Value]) -> tuple[Rule, ...]:
        """Rules still undecided that would fire if these were the facts."""
        return self._rules(self.is_undecided & (self.book.decide(facts).rules == 1))

    def _rules(self, is_meant: NDArray[np.bool_]) -> tuple[Rule, ...]:
        return tuple(compress(self.book.rules, is_meant.tolist()))


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
    rules = tuple(
        Rule(flag=flag, test=compile_expression(flag.when, findings)) for flag in knowledge.red_flags.values()
    )
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
        ranks=np.array([rank(rule.flag.level) for rule in rules], dtype=np.int8),
        upgrades=upgrades,
        modifiers=tuple(modifiers),
        starts=np.cumsum([0, *map(len, conjuncts)], dtype=np.intp)[:-1],
        is_tangled=np.array([rule.test.is_tangled for rule in rules], dtype=np.bool_),
        circuit=Circuit((*(test.tree for test in tests), *chain.from_iterable(conjuncts))),
    )


def _modifiers(knowledge: Knowledge) -> Iterable[tuple[str, Expression]]:
    for label, text in MODIFIERS:
        try:
            yield label, compile_expression(text, knowledge.findings)
        except ExpressionError:
            # A smaller knowledge base without these findings has nothing to modify.
            continue
