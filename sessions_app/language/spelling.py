"""The words a trie knows, and what a typed word may stand for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import OSA

from sessions_app.language.tokens import bag

_MIN_TYPO_LETTERS = 5
# One slip below this length, two from it on.
_LONG_WORD = 11
# The ending of a stem is free, so a short one with a slip would match too much.
_MIN_STEM = 6
_TYPO_CONFIDENCE = 0.8
# Czech endings are shorter.
_LOOSE_ENDING = 4

# Common words that lie one letter from a medical one: "fewer" is no fever, "school" is no stool.
_NEVER_CORRECTED = bag(
    """
        about after again aggressively almost always another arches around aspon asterisk atomic attach
        backing bails barring beating became because before began begin behave behaved behaves behavioral
        behaviour being below best better black board bolest boots borrows breadth break breed bring brought
        browse budou buffer build bumping called cancel cancelled cause cekam chance chances changed charge
        charged charges cheat check child chtel class clear clocks close closed closer cloud clovek combine
        conclusion conclusions confuse confuses consulted consulting contract contracts conversion conversions
        could course cover cross delam delat denial detection diameter distinction dobre doctor doing domu
        dopoledne drive druhy during early earth eight either every expert failing farther fewer filling final
        finder finders first former found friend friends front fruit giving goals going grace grade grades
        grand granting great green greet group grown happen header heading heard heavy heroic hides hires
        hodin hodne holding horse hotel hours house incomplete insert inspect inspection inspections
        interrupted interrupting interruption jeste jinak kazdy kind klidu known kolem kolik ktera ktere ktery
        kvuli large later latter leading leads leave leaving lekar lepsi light likely little lived local
        looked looking lovely makes making maybe meaning means measure mesic might minut minute money month
        morning mother moved movie music muzete myslim nejak nekdy nekolik never nevim night nikdy nocni
        nothing novou nurse often oproti order other packing paging paper party paying people peter phone
        piece pitch place plane plant please pocit point poking porad possess possesses posting potom power
        praci pricing prosim proste prvni public purported quite rano rather rating reach reaching ready
        really reaped rejection resent restrictions right risks round running rychle saving scaled scaling
        scared scattered school score scores scoring scrap scratch seeking seems sense setting settle settled
        settles shade shall shallow shame share shared sharing short shorten should shuffled since sites skill
        skoro sleep small someone something sometimes sorts sound south space spare spatne speak spelling
        spent spill splitter sports stacks staff staging stale stand start started starting state stated
        static stating statistic statistical statistics staying stejne steps still stock stool stopping store
        storing story strike string study swing table tables taken taking talking tedka temer thank their
        theme there these thing things think thinking third thirty thorough those thought threat three through
        timed today together tolik tomorrow topics touch treba tried tries trochu tuned tyden udava udavaji
        under uneven unevenly until urcite using usual usually value vcera vecer vedle velmi vertical
        vertically vubec vzdy waiter waits warns watch water weaken week weeks weigh went where which while
        white whole whose wires witch without woman women words working world worry worse would write writing
        years yesterday young zacal zacala zacalo zatim zitra
    """
)
# Words that begin with "ne" without meaning "not".
_NOT_NEGATED = ("nemoc", "nevoln", "nehet", "neht", "nerv", "necitliv", "neklid", "nemohouc", "nervoz")


@dataclass(frozen=True, slots=True)
class Variant:
    """What a typed word may stand for."""

    text: str
    confidence: float = 1.0
    is_negated: bool = False


@dataclass
class Vocabulary:
    """Every word of every term, whole or as a stem."""

    exact: set[str] = field(default_factory=set)
    stems: set[str] = field(default_factory=set)
    _lengths: set[int] = field(default_factory=set)
    # By first letter and length: a slip in the first letter is rare.
    _whole: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    _parts: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, word: str, *, is_stem: bool) -> None:
        known = self.stems if is_stem else self.exact
        if word in known:
            return
        known.add(word)
        if is_stem:
            self._lengths.add(len(word))
        if len(word) >= (_MIN_STEM if is_stem else _MIN_TYPO_LETTERS):
            (self._parts if is_stem else self._whole)[word[0], len(word)].append(word)

    def knows(self, word: str) -> bool:
        return word in self.exact or any(
            word[:length] in self.stems for length in self._lengths if length <= len(word)
        )

    def _is_loose(self, word: str) -> bool:
        """Whether only a stem is known that leaves most of the word free."""
        closest = max(length for length in self._lengths if word[:length] in self.stems)
        return len(word) - closest >= _LOOSE_ENDING

    def variants(self, word: str) -> tuple[Variant, ...]:
        """Return the word itself and, where it is unknown, its number, negation or nearest spelling."""
        found = [Variant(word)]
        if word.startswith("ne") and len(word) >= 5 and not word.startswith(_NOT_NEGATED):
            rest = word[2:]
            if self.knows(rest):
                return (*found, Variant(rest, is_negated=True))
        # "Bledeing" begins like Czech "bled*" and means nothing there.
        if self.knows(word) and (word in self.exact or not self._is_loose(word)):
            return tuple(found)
        other_number = word[:-1] if word.endswith("s") else word + "s"
        if len(word) > 3 and other_number in self.exact:
            return (*found, Variant(other_number))
        found += [Variant(other, _TYPO_CONFIDENCE) for other in self._corrected(word)]
        return tuple(found)

    def _corrected(self, word: str) -> list[str]:
        """Return the nearest known spellings: "prengant" is near the stem "pregnan" and the word."""
        if len(word) < _MIN_TYPO_LETTERS or word in _NEVER_CORRECTED or not word.isalpha():
            return []
        slips = _slips(len(word))
        nearest: list[tuple[float, str]] = []
        for length in range(len(word) - slips, len(word) + slips + 1):
            nearest += _nearest(word, self._whole.get((word[0], length), ()), slips)
        for length in range(_MIN_STEM, len(word) + 1):
            # The ending is free, so only the letters before it are compared.
            nearest += _nearest(word[:length], self._parts.get((word[0], length), ()), _slips(length))
        # "Hypotensive" is no slip for its opposite.
        fitting = [entry for entry in nearest if entry[1].startswith("hyper") == word.startswith("hyper")]
        least = min((distance for distance, _ in fitting), default=0)
        return sorted({other for distance, other in fitting if distance == least})


def _slips(length: int) -> int:
    return 2 if length >= _LONG_WORD else 1


def _nearest(word: str, known: Sequence[str], slips: int) -> list[tuple[float, str]]:
    found = process.extractOne(word, known, scorer=OSA.distance, score_cutoff=slips) if known else None
    return [(found[1], found[0])] if found else []
