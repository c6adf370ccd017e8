"""Age and sex as people state them: "58 year old man", "je mi 45 let", "6 months old"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sessions_app.language.numbers import Number
from sessions_app.language.tokens import Token, bag, listed
from sessions_app.language.trigger_words import CHILDREN_CS, CHILDREN_EN, RELATIVES

_YEARS = bag("year years yr yrs y yo let roky rok roku lety leta letou leteho letemu")
_AGED = bag("yo lety leta letou leteho letemu")
# Months in each, by how the word begins; whole years follow from them.
_IN_MONTHS = (
    *(("month", 1.0), ("mesic", 1.0), ("week", 12 / 52), ("tyd", 12 / 52)),
    *(("day", 12 / 365), ("den", 12 / 365), ("dny", 12 / 365), ("dni", 12 / 365), ("dnu", 12 / 365)),
)
_AGED_IN_MONTHS = ("mesicni", "tydenni", "denni")
_IS_MONTHS, _IS_DAYS = ("month", "mesic"), ("day", "dny", "dni", "dnu")
# Weeks beside these are an age; beside a son they may be how long he has been ill.
_BABIES = bag("baby newborn infant neonate miminko miminka miminku mimino kojenec kojence novorozenec")
_CHILDREN = frozenset(listed(f"{CHILDREN_EN}|{CHILDREN_CS}")) | bag("boy girl kluk holka chlapec divka")
# With one of these near, it is a time after all: "my baby has coughed for 2 weeks".
_TIMES = bag("for since od last past uz before after ago every of")
# "Tříletá", "šestitýdenní": number and unit in one word.
_COUNTS = {
    "jedno": 1,
    "dvou": 2,
    "tri": 3,
    "ctyr": 4,
    "peti": 5,
    "sesti": 6,
    "sedmi": 7,
    "osmi": 8,
    "deviti": 9,
    "deseti": 10,
    "jedenacti": 11,
    "dvanacti": 12,
    "trinacti": 13,
    "ctrnacti": 14,
    "patnacti": 15,
    "sestnacti": 16,
    "sedmnacti": 17,
    "osmnacti": 18,
}
_COMPOUND = re.compile(rf"({'|'.join(_COUNTS)})((?:let|mesicn|tydenn|denn)\w*)")
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
    # Of an age told in months, weeks or days.
    months: float | None = None


def read_person(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Stated]:
    """Yield the age and sex that the text states of anybody."""
    ends = [index for index, token in enumerate(tokens) if _opens_self(tokens, index, token)]
    for age in (*_ages(tokens, numbers), *_compounds(tokens)):
        yield age
        ends.append(age.last)
    for end in ends:
        for index in range(end + 1, min(len(tokens), end + 1 + _NEAR)):
            word = tokens[index].text
            if word in _MALE | _FEMALE:
                yield Stated("sex", "male" if word in _MALE else "female", index, index)


def whole_years(number: Number, tokens: Sequence[Token]) -> int:
    """Return the years that a number means as an age: "6 months" is 0."""
    months = _months(number.value, tokens[number.last + 1].text) if number.last + 1 < len(tokens) else None
    return int(number.value if months is None else months // 12)


def _ages(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Stated]:
    for number in numbers:
        if not 0 <= number.value <= _MAX_YEARS or number.second is not None:
            continue
        after = [token for token in tokens[number.last + 1 : number.last + 5] if token.text != "-"]
        unit = after[0].text if after else ""
        has_unit = unit in _YEARS or _months(1.0, unit) is not None
        if (
            _is_aside(tokens, number, unit)
            or _is_of_child(tokens, number, unit)
            or _is_told(tokens, number, after, has_unit=has_unit)
        ):
            yield _age(number.value, unit, number.first, number.last + has_unit)


def _age(value: float, unit: str, first: int, last: int) -> Stated:
    months = _months(value, unit)
    return Stated("age", int(value if months is None else months // 12), first, last, months)


def _months(value: float, unit: str) -> float | None:
    return next((value * months for start, months in _IN_MONTHS if unit.startswith(start)), None)


def _compounds(tokens: Sequence[Token]) -> Iterator[Stated]:
    for index, token in enumerate(tokens):
        compound = _COMPOUND.fullmatch(token.text)
        # "Dvoutýdenní horečka" is how long the fever has lasted.
        if compound and any(word.text in _CHILDREN for word in tokens[index + 1 : index + 3]):
            yield _age(_COUNTS[compound[1]], compound[2], index, index)


def _opens_self(tokens: Sequence[Token], index: int, token: Token) -> bool:
    return token.text in ("im", "jsem") or (
        token.text == "am" and index > 0 and tokens[index - 1].text == "i"
    )


def _is_told(tokens: Sequence[Token], number: Number, after: Sequence[Token], *, has_unit: bool) -> bool:
    """Whether the words say that it is an age: "58 years old", "je mi 45 let", "aged 30"."""
    before = [token.text for token in tokens[max(0, number.first - 3) : number.first]]
    unit = after[0].text if after else ""
    is_dative = bool(_IS & set(before)) and bool(_DATIVES & set(before))
    if has_unit:
        return is_dative or unit in _AGED or (len(after) > 1 and after[1].text in _OLD)
    is_opened = is_dative or before[-2:] == ["i", "am"] or before[-1:] in (["im"], ["aged"], ["age"])
    is_relative = len(before) > 1 and before[-2] in RELATIVES and before[-1] == "is"
    is_over = not after or after[0].kind == "mark" or unit in ("and", "a", "with", "s")
    return (is_opened or is_relative) and is_over


def _is_aside(tokens: Sequence[Token], number: Number, unit: str) -> bool:
    """Whether the number stands beside a person: "my dad (72)", "my mother, 78, has"."""
    if number.first < 2:
        return False
    person = tokens[number.first - 2].text
    if person not in RELATIVES | _MALE | _FEMALE and not person.startswith(("patient", "pacient")):
        return False
    opening = tokens[number.first - 1].text
    if opening + unit in ("()", ",,") or (opening in ("(", ",") and unit in _YEARS):
        return True
    closing = [token.text for token in tokens[number.last + 2 : number.last + 3]]
    return opening in ("(", ",") and unit.startswith(_IS_MONTHS) and closing in ([","], [")"])


def _is_of_child(tokens: Sequence[Token], number: Number, unit: str) -> bool:
    """Whether it is the age of the child beside it: "miminko 6 týdnů zvrací", "6 week baby"."""
    before = [token.text for token in tokens[max(0, number.first - 2) : number.first]]
    after = [token.text for token in tokens[number.last + 2 : number.last + 4]]
    if _TIMES & {*before, *after}:
        return False
    if unit.startswith(_AGED_IN_MONTHS):
        return any(word in _CHILDREN for word in after)
    if unit not in _YEARS and (unit.startswith(_IS_DAYS) or _months(1.0, unit) is None):
        # "My baby 3 days vomiting": so short a time is that of the illness.
        return False
    nearest = [word for word in before if word not in (",", "(")][-1:]
    return bool({*nearest, *after[:1]} & (_CHILDREN if unit in _YEARS else _BABIES))
