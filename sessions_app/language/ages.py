"""Age and sex as people state them: "58 year old man", "je mi 45 let", "6 months old"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sessions_app.language.numbers import Number
from sessions_app.language.tokens import Token, bag
from sessions_app.language.trigger_words import RELATIVES

_YEARS = bag("year years yr yrs y yo let roky rok roku lety leta letou leteho letemu")
# An age in these is under one year, or said of somebody so small that whole years follow from it.
_MONTHS = bag("month months week weeks day days mesic mesice mesicu tyden tydny tydnu dny dni dnu")
_AGED = bag("yo lety leta letou leteho letemu")
_OLD = bag("old o stary stara stare starej")
_IS = bag("je jsou bylo bude")
_DATIVES = bag("mi mu ji mne nam jim synovi dceri dceru diteti miminku manzelovi manzelce mame tatovi")
_MAX_YEARS = 120
_MALE = bag("man male boy gentleman guy muz chlap kluk chlapec son syn synek")
_FEMALE = bag("woman female girl lady zena holka divka dcera daughter dcerka")
_NEAR = 4


@dataclass(frozen=True, slots=True)
class Stated:
    """An age in whole years or a sex, with the indices of its first and last token."""

    name: Literal["age", "sex"]
    value: int | str
    first: int
    last: int


def read_person(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Stated]:
    """Yield the age and sex that the text states of anybody."""
    ends = [index for index, token in enumerate(tokens) if _opens_self(tokens, index, token)]
    for number in numbers:
        age = _age(tokens, number)
        if age is not None:
            yield age
            ends.append(age.last)
    for end in ends:
        for index in range(end + 1, min(len(tokens), end + 1 + _NEAR)):
            word = tokens[index].text
            if word in _MALE | _FEMALE:
                yield Stated("sex", "male" if word in _MALE else "female", index, index)


def whole_years(number: Number, tokens: Sequence[Token]) -> int:
    """Return the years that a number means as an age: "6 months" is 0."""
    after = tokens[number.last + 1].text if number.last + 1 < len(tokens) else ""
    return _whole_years(number.value, after) if after in _MONTHS else int(number.value)


def _opens_self(tokens: Sequence[Token], index: int, token: Token) -> bool:
    return token.text in ("im", "jsem") or (
        token.text == "am" and index > 0 and tokens[index - 1].text == "i"
    )


def _age(tokens: Sequence[Token], number: Number) -> Stated | None:
    if not 0 <= number.value <= _MAX_YEARS or number.second is not None:
        return None
    before = [token.text for token in tokens[max(0, number.first - 3) : number.first]]
    after = [token for token in tokens[number.last + 1 : number.last + 5] if token.text != "-"]
    unit = after[0].text if after else ""
    if _is_aside(tokens, number, unit):
        return Stated("age", int(number.value), number.first, number.last)
    is_dative = bool(_IS & set(before)) and bool(_DATIVES & set(before))
    if unit in _YEARS | _MONTHS:
        is_old = unit in _AGED or (len(after) > 1 and after[1].text in _OLD)
        if not (is_old or is_dative):
            return None
        years = int(number.value) if unit in _YEARS else _whole_years(number.value, unit)
        return Stated("age", years, number.first, number.last + 1)
    is_opened = is_dative or before[-2:] == ["i", "am"] or before[-1:] in (["im"], ["aged"], ["age"])
    if is_opened and (not after or after[0].kind == "mark" or unit in ("and", "a", "with", "s")):
        return Stated("age", int(number.value), number.first, number.last)
    return None


def _is_aside(tokens: Sequence[Token], number: Number, unit: str) -> bool:
    """Whether the number stands beside a person: "my dad (72)", "my mother, 78, has"."""
    if number.first < 2:
        return False
    person = tokens[number.first - 2].text
    if person not in RELATIVES | _MALE | _FEMALE and not person.startswith(("patient", "pacient")):
        return False
    marks = tokens[number.first - 1].text + unit
    return marks in ("()", ",,") or (marks[0] in "(," and unit in _YEARS)


def _whole_years(value: float, unit: str) -> int:
    return int(value // 12) if unit.startswith(("month", "mesic")) else 0
