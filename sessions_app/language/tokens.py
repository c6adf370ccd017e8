"""Text as tokens: folded for comparison, with offsets into the text as it came."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "number", "mark"]
Language = Literal["en", "cs"]


def bag(text: str) -> frozenset[str]:
    """Return the words of a list written as one text."""
    return frozenset(text.split())


def listed(text: str) -> tuple[str, ...]:
    """Return the phrases of a list written as one text with bars between."""
    return tuple(" ".join(phrase.split()) for phrase in text.split("|"))


_MARKS = "\u0300-\u036f"
_LETTER = rf"[^\W\d_][{_MARKS}]*"
_TOKEN = re.compile(
    rf"(?P<number>\d+(?:[.,]\d+)?)"
    rf"|(?P<word>(?:{_LETTER})+(?:['’‘`´](?:{_LETTER})+)*)"
    rf"|(?P<mark>\n|[^\s\w]|_)"
)
_APOSTROPHES = re.compile("['’‘`´]")
_POSSESSIVE = re.compile("['’‘`´]s$")
_ENDS = frozenset(".!?;\n…")
# A full stop after these does not end a sentence.
_ABBREVIATIONS = bag("dr mr mrs ms vs eg ie approx cca tj tzn napr resp hod min mudr st")
# Czech writes ordinals with a full stop, which ends nothing before these: "ve 30. týdnu", "3. května".
_NUMBERED = bag(
    """
        den dne dni dny dnu tt typ typu rok roku roce noc noci ledna unora brezna dubna kvetna cervna
        cervence srpna zari rijna listopadu prosince
    """
)
_NUMBERED_STEMS = (
    "tyd",
    "mesic",
    "trimestr",
    "stupn",
    "stupen",
    "prst",
    "zebr",
    "obratl",
    "tehotenstv",
    "porod",
)

_CZECH_WORDS = bag(
    """
        jsem jsi je jsme mam mas ma mi me se si na ve od do ze pri pro jak ale nebo taky take uz jen ano
        ne nemam nejsem neni bez ani velmi hodne trochu dnes vcera bolest boli kdyz ktery ktera mam mela
        mel dny dni den hodin hodinu tyden tydnu let roku nic jo to ten ta
    """
)
_ENGLISH_WORDS = bag(
    """
        the is are was were have has had my me in of and or but not it its im ive for with from when
        this that to been feel feeling pain since on at you your am an all very some any dont can cant
        he she her his
    """
)
_CZECH_LETTERS = frozenset("ěščřžýůťďňáíúé")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or mark; `text` is folded, `start` and `end` point into the original."""

    text: str
    start: int
    end: int
    kind: Kind
    sentence: int

    @property
    def is_word(self) -> bool:
        return self.kind == "word"


def fold(text: str) -> str:
    """Return the text in lower case without diacritics; its length may differ."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def tokenise(text: str) -> list[Token]:
    """Split into words, numbers and marks, numbered by sentence; never fails."""
    tokens: list[Token] = []
    sentence = 0
    for match in _TOKEN.finditer(text):
        raw = match.group()
        if raw == "." and _is_ordinal(tokens, text, match.start()):
            continue
        kind: Kind = match.lastgroup  # type: ignore[assignment]  # the pattern has exactly these groups
        folded = _fold_word(raw) if kind == "word" else raw
        tokens.append(Token(folded, match.start(), match.end(), kind, sentence))
        if kind == "mark" and raw in _ENDS and not (raw == "." and _is_abbreviated(tokens)):
            sentence += 1
    return tokens


def _fold_word(raw: str) -> str:
    # "mother's" is the mother; "don't" and "dont" are one word.
    return fold(_APOSTROPHES.sub("", _POSSESSIVE.sub("", raw)))


def _is_abbreviated(tokens: Sequence[Token]) -> bool:
    return len(tokens) > 1 and tokens[-2].text in _ABBREVIATIONS


def _is_ordinal(tokens: Sequence[Token], text: str, place: int) -> bool:
    """Whether the full stop belongs to the number before it: "3. den", "5. 3. 2024"."""
    if not tokens or tokens[-1].end != place or not tokens[-1].text.isdigit() or place - tokens[-1].start > 2:
        return False
    following = _TOKEN.match(text, place + 2 if text[place + 1 : place + 2] == " " else place + 1)
    if following is None:
        return False
    if following.lastgroup == "number":
        is_year = len(following.group()) == 4 and tokens[-2:-1] != [] and tokens[-2].kind == "number"
        return is_year or text[following.end() : following.end() + 1] == "."
    word = fold(following.group())
    return word in _NUMBERED or word.startswith(_NUMBERED_STEMS)


def words(text: str) -> tuple[str, ...]:
    """Return the folded words and numbers of the text."""
    if text.isalpha():
        return (fold(text),)
    return tuple(token.text for token in tokenise(text) if token.kind != "mark")


def guess_language(text: str, tokens: Sequence[Token]) -> Language | None:
    """Say which language the text is in by its commonest words; None when it could be either."""
    present = {token.text for token in tokens}
    lowered = set(text.lower())
    czech = len(present & _CZECH_WORDS) + min(3, len(lowered & _CZECH_LETTERS))
    english = len(present & _ENGLISH_WORDS)
    if czech >= english + 2:
        return "cs"
    if english >= czech + 2:
        return "en"
    return None
