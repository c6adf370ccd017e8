"""Which finding a value describes: "sharp" in "sharp headache and dull chest pain"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from sessions_app.language.context import Context
from sessions_app.language.terms import Match
from sessions_app.language.tokens import Token
from sessions_app.triage.lexicon import Lexicon, Sense

# Further than any word of a text: a finding that is known though the text does not name it.
_UNNAMED = 10_000.0
_PAIN = ("pain", "ache", "aching", "hurt", "sore", "bol")
# "Spreads to the flank" names no pain of the flank.
_SPREADING = ("radiat", "spread", "goes", "going", "down", "vystrel", "vyzar", "siri")
_NEAR = 4


@dataclass(frozen=True, slots=True)
class Statement:
    """One surface form in the text that holds for the patient, or is denied of them."""

    match: Match[Sense]
    context: Context
    is_negated: bool

    @property
    def sense(self) -> Sense:
        return self.match.payload

    @property
    def middle(self) -> float:
        return (self.match.positions[0] + self.match.positions[-1]) / 2


def pains_by_place(
    statements: Sequence[Statement], tokens: Sequence[Token], lexicon: Lexicon
) -> Iterator[Statement]:
    """Yield the pain that is named by its place alone: "pain in the right flank".

    A place that several pains share speaks for each of them, unless one is named besides.
    """
    named = [one.sense for one in statements if isinstance(one.sense.value, bool)]
    stated = {name for sense in named for name in (sense.finding_id, lexicon.parent(sense))}
    for one in statements:
        parent = lexicon.parent(one.sense)
        if parent is None or one.is_negated or not isinstance(one.sense.value, str):
            continue
        rivals = {lexicon.findings[name].parent for name in lexicon.of_same_aspect(one.sense.finding_id)}
        if lexicon.is_place_of_pain(one.sense) and not stated & {*rivals, parent} and _hurts(one, tokens):
            yield replace(one, match=replace(one.match, payload=Sense(parent, True)))


def _hurts(statement: Statement, tokens: Sequence[Token]) -> bool:
    first, last = statement.match.positions[0], statement.match.positions[-1]
    before = takewhile(_goes_on, reversed(tokens[max(0, first - _NEAR) : first]))
    after = takewhile(_goes_on, tokens[last + 1 : last + 1 + _NEAR])
    inside = tokens[first : last + 1]
    near = [token.text for token in (*before, *inside, *after)]
    is_elsewhere = any(word.startswith(_SPREADING) for word in near)
    return not is_elsewhere and any(word.startswith(_PAIN) for word in near)


def _goes_on(token: Token) -> bool:
    return token.kind != "mark" and token.text not in ("and", "a", "but", "ale")


@dataclass(frozen=True)
class Binder:
    """All statements of one text; `granted` findings hold without being named."""

    statements: Sequence[Statement]
    lexicon: Lexicon
    granted: frozenset[str]
    # What was asked for needs no finding beside it.
    targets: tuple[str, ...]

    def bound(self) -> Iterator[Statement]:
        """Yield the values whose finding is there and nearer than any other they could describe."""
        candidates = [
            (distance, statement)
            for statement in self.statements
            if isinstance(statement.sense.value, str)
            for distance in (self._distance(statement, statement.sense.finding_id),)
            if distance is not None
        ]
        for distance, statement in candidates:
            if distance <= self._nearest_claim(statement) and not any(
                nearer < distance and self._compete(statement, rival) for nearer, rival in candidates
            ):
                yield statement

    def _nearest_claim(self, statement: Statement) -> float:
        """How near the nearest finding stands that has such a value too, be it in other words."""
        own = statement.sense.finding_id
        if own in self.targets:
            return 0.0
        distances = [self._distance(statement, other) for other in self.lexicon.of_same_aspect(own)]
        return min((distance for distance in distances if distance is not None), default=_UNNAMED)

    def _distance(self, statement: Statement, finding_id: str) -> float | None:
        """Words between a value and what it describes; None when that is not there."""
        parent = self.lexicon.findings[finding_id].parent
        if parent is None or finding_id in self.targets:
            return 0.0
        distances = [
            abs(other.middle - statement.middle)
            for other in self.statements
            if not other.is_negated and self._shows(other.sense, parent)
        ]
        if distances:
            return min(distances)
        return _UNNAMED if parent in self.granted else None

    def _compete(self, one: Statement, two: Statement) -> bool:
        shares_words = not set(one.match.positions).isdisjoint(two.match.positions)
        rival = self.lexicon.parent(two.sense)
        return shares_words and rival is not None and rival != self.lexicon.parent(one.sense)

    def _shows(self, sense: Sense, parent: str) -> bool:
        # "It hurts when I breathe in" speaks of the chest pain as well as naming it does.
        return sense.value is True and parent in (sense.finding_id, self.lexicon.parent(sense))
