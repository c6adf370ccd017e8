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
_LONG_WORD = 9
# The ending of a stem is free, so a short one with a slip would match too much.
_MIN_STEM = 6
_TYPO_CONFIDENCE = 0.8

# Common words that lie one letter from a medical one: "fewer" is no fever, "school" is no stool.
_NEVER_CORRECTED = bag(
    """
        about after again almost always another around because became before began begin being below
        best better black board break bring brought build called cause changed check child class clear
        close could course cover cross doctor doing drive during early earth eight either every fewer
        final first found front giving going great green group grown happen heard heavy holding horse
        hotel hours house kind known large later leave leaving light likely little local looked looking
        makes making maybe might minute money month morning mother moved movie never night nothing nurse
        often order other paper party people phone piece place plane plant please point quite rather
        reach ready really right round running school seems sense short should since small sleep small
        someone something sometimes sound south space speak stand start started starting state still
        stool store story study taken taking talking thank their there these thing things think third
        those thought three through today together tomorrow touch tried under until using usual usually
        watch water week weeks went where which while white whole whose without woman women words
        working world worry worse would years yesterday young aspon bolest budou cekam chtel clovek
        delam delat domu dopoledne dobre druhy hodin hodne jeste jinak kazdy klidu kolem kolik ktera
        ktere ktery kvuli lekar lepsi mesic minut muzete myslim nekdy nejak nekolik nevim nikdy nocni
        novou oproti pocit porad potom praci prosim proste prvni rano rychle skoro spatne stale stejne
        tedka temer tolik treba trochu tyden urcite vcera vedle velmi vecer vubec vzdy zacal zacalo
        zacala zatim zitra
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

    def variants(self, word: str) -> tuple[Variant, ...]:
        """Return the word itself and, where it is unknown, its number, negation or nearest spelling."""
        found = [Variant(word)]
        if word.startswith("ne") and len(word) >= 5 and not word.startswith(_NOT_NEGATED):
            rest = word[2:]
            if self.knows(rest):
                return (*found, Variant(rest, is_negated=True))
        if self.knows(word):
            return tuple(found)
        other_number = word[:-1] if word.endswith("s") else word + "s"
        if len(word) > 3 and other_number in self.exact:
            return (*found, Variant(other_number))
        corrected = self._corrected(word)
        if corrected:
            found.append(Variant(corrected, _TYPO_CONFIDENCE))
        return tuple(found)

    def _corrected(self, word: str) -> str:
        if len(word) < _MIN_TYPO_LETTERS or word in _NEVER_CORRECTED or not word.isalpha():
            return ""
        slips = _slips(len(word))
        nearest: list[tuple[float, str]] = []
        for length in range(len(word) - slips, len(word) + slips + 1):
            nearest += _nearest(word, self._whole.get((word[0], length), ()), slips)
        for length in range(_MIN_STEM, len(word) + 1):
            # The ending is free, so only the letters before it are compared.
            nearest += _nearest(word[:length], self._parts.get((word[0], length), ()), _slips(length))
        return min(nearest)[1] if nearest else ""


def _slips(length: int) -> int:
    return 2 if length >= _LONG_WORD else 1


def _nearest(word: str, known: Sequence[str], slips: int) -> list[tuple[float, str]]:
    found = process.extractOne(word, known, scorer=OSA.distance, score_cutoff=slips) if known else None
    return [(found[1], found[0])] if found else []
