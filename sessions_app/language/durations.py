"""How long something has lasted, in hours: "for 3 days", "since yesterday", "od včera", "půl hodiny"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sessions_app.language.numbers import Number, read_numbers
from sessions_app.language.tokens import Token, bag, listed

DAY, WEEK, MONTH, YEAR = 24.0, 168.0, 720.0, 8760.0
_UNITS: dict[str, float] = {
    unit: hours
    for hours, names in (
        (1 / 3600, "s sec secs second seconds sekunda sekundu sekundy sekund vterina vterinu vteriny vterin"),
        (1 / 60, "m min mins minute minutes minuta minutu minuty minut minutek"),
        (1.0, "h hr hrs hour hours hodina hodinu hodiny hodin hod hodinek hodinku hodinou"),
        (DAY, "d day days den dny dni dnu dnech nights night noc noci"),
        (WEEK, "w wk wks week weeks fortnight tyden tydny tydnu tydne tydnech tydnem"),
        (MONTH, "mo mth mths month months mesic mesice mesicu mesici mesicich mesicem"),
        (YEAR, "y yr yrs year years rok roky roku let lety roce rokem"),
    )
    for unit in names.split()
}
_AMOUNTS: dict[str, float] = {
    word: amount
    for amount, words in (
        (1.0, "a an whole cely celou all past last"),
        (0.5, "half pul"),
        (2.0, "couple"),
        (3.0, "few some par"),
        (4.0, "nekolik nekolika"),
        (5.0, "several"),
        (6.0, "many"),
    )
    for word in words.split()
}
_SINCE = (
    (0.1, "a moment ago | moments ago"),
    (0.2, "just now | right now | just started | prave ted | prave zacalo"),
    (0.3, "pred chvili | pred chvilkou | chvilku | chvili"),
    (0.25, "quarter of an hour | ctvrt hodiny | ctvrthodinu | ctvrthodina"),
    (0.5, "half an hour | half hour | pulhodina | pulhodinu | pulhodinky"),
    (0.75, "tri ctvrte hodiny"),
    (1.5, "hour and a half | hodinu a pul"),
    (2, "a while ago"),
    (4, "all morning"),
    (5, "for hours"),
    (6, "since this morning | since morning | since today | od rana | od dneska | ode dneska | od dnes"),
    (8, "all night | celou noc"),
    (10, "od noci"),
    (12, "since last night | all day | cely den | od vcerejsi noci | pulden"),
    (15, "od vcera vecer | od vcerejsiho vecera"),
    (24, "since yesterday | from yesterday | od vcera | od vcerejska | od vcerejsiho dne"),
    (30, "since yesterday morning | od vcerejsiho rana | od vcera od rana | od vcera rano"),
    (36, "day and a half | den a pul"),
    (48, "od predevcira | od predevcirem"),
    # Which day it is today is not known here: half a week on average.
    (
        84,
        """
            since monday | since tuesday | since wednesday | since thursday | since friday |
            since saturday | since sunday | since the weekend | since weekend | od pondeli | od utery |
            od stredy | od ctvrtka | od patku | od soboty | od nedele | od vikendu
        """,
    ),
    (96, "for days"),
    (
        144,
        """
            since last monday | since last tuesday | since last wednesday | since last thursday |
            since last friday | since last saturday | since last sunday | since last weekend |
            od minuleho pondeli | od minuleho utery | od minule stredy | od minuleho ctvrtka |
            od minuleho patku | od minule soboty | od minule nedele | od minuleho vikendu
        """,
    ),
    (120, "all week | cely tyden"),
    (WEEK, "since last week | od minuleho tydne"),
    (252, "week and a half | tyden a pul"),
    (336, "fortnight"),
    (504, "for weeks | tydny"),
    (MONTH, "since last month | od minuleho mesice"),
    (1080, "month and a half | mesic a pul"),
    (2190, "ctvrt roku | ctvrtroku | quarter of a year"),
    (2200, "for months | for ages | mesice | dlouhodobe"),
    (YEAR, "since last year | od lonska"),
    (13140, "year and a half | rok a pul"),
    (20000, "for years | roky | leta"),
    (80000, "since childhood | od detstvi | all my life | cely zivot"),
)
# A day on which something happened; it may be the day when it began.
_WHEN = (
    (3, "this evening | dnes vecer"),
    (4, "this afternoon | dnes odpoledne"),
    (6, "this morning | dnes rano | dneska rano"),
    (10, "overnight | pres noc"),
    (12, "last night"),
    (24, "yesterday | vcera"),
    (48, "the day before yesterday | day before yesterday | predevcirem"),
)
# "The third day of fever", "už třetí den": no more than so many days have passed.
_ORDINALS = {
    word: float(place)
    for place, names in (
        (2, "second druhy druhou"),
        (3, "third treti"),
        (4, "fourth ctvrty ctvrtou"),
        (5, "fifth paty patou"),
        (6, "sixth sesty sestou"),
        (7, "seventh sedmy"),
        (8, "eighth osmy"),
        (10, "tenth desaty"),
    )
    for word in names.split()
}
# As doctors note lengths: "3/7", "2/52", "6/12".
_NOTED = {7: DAY, 52: WEEK, 12: MONTH}
_BEFORE_NOTED, _AFTER_NOTED = bag("for x past last since lasting"), bag("history hx ago of")
_ONE_OF = bag("tyden hodinu hodina mesic minutu rokem tydnem mesicem hodinou")
_AGE_WORDS = bag("old stary stara stare starej late overdue early zpozdeni zpozdena")
_RATE_WORDS = bag("every each per times x krat kazdy kazdou kazde kazdych denne daily apart twice once")
_LATER_WORDS = bag("in within za next pristi after po before before pregnant tehotna tehotenstvi")


@dataclass(frozen=True, slots=True)
class Duration:
    """Hours, with the indices of the first and last token."""

    hours: float
    first: int
    last: int
    # Said as a length ("for two days"), not as the day of an event ("yesterday").
    is_span: bool = True


def _fixed_phrases() -> dict[str, list[tuple[tuple[str, ...], float, bool]]]:
    by_first: dict[str, list[tuple[tuple[str, ...], float, bool]]] = {}
    for rows, is_span in ((_SINCE, True), (_WHEN, False)):
        for hours, phrases in rows:
            for phrase in listed(phrases):
                key = tuple(phrase.split())
                by_first.setdefault(key[0], []).append((key, hours, is_span))
    for known in by_first.values():
        known.sort(key=lambda entry: -len(entry[0]))
    return by_first


_BY_FIRST = _fixed_phrases()


def read_durations(tokens: Sequence[Token], numbers: Sequence[Number] | None = None) -> list[Duration]:
    """Return every length of time in the text, leaving out ages, rates and appointments."""
    found: list[Duration] = []
    for number in read_numbers(tokens) if numbers is None else numbers:
        unit = _unit_at(tokens, number.last + 1)
        if unit is None:
            found.extend(_noted(tokens, number))
            continue
        hours, last = unit
        extra = _half_after(tokens, last)
        duration = Duration((number.value + extra[0]) * hours, number.first, extra[1])
        if not _is_something_else(tokens, duration):
            found.append(duration)
    found.extend(
        phrase for phrase in _phrases(tokens) if not any(_overlaps(phrase, duration) for duration in found)
    )
    return sorted(found, key=lambda duration: duration.first)


def _noted(tokens: Sequence[Token], number: Number) -> Iterator[Duration]:
    """Yield the length that a fraction of a week or a year stands for: "3/7 history of"."""
    ahead = [token.text for token in tokens[number.first + 1 : number.first + 4]]
    if len(ahead) < 2 or ahead[0] != "/" or not ahead[1].isdigit():
        return
    before = tokens[number.first - 1].text if number.first else ""
    hours, amount = _NOTED.get(int(ahead[1])), float(tokens[number.first].text.replace(",", "."))
    is_meant = before in _BEFORE_NOTED or (len(ahead) > 2 and ahead[2] in _AFTER_NOTED)
    if hours is not None and is_meant and amount < int(ahead[1]):
        yield Duration(amount * hours, number.first, number.first + 2)


def _unit_at(tokens: Sequence[Token], index: int) -> tuple[float, int] | None:
    while index < len(tokens) and tokens[index].text in (
        "of",
        "the",
        "more",
        "whole",
        "full",
        "good",
        "celych",
        "-",
    ):
        index += 1
    if index >= len(tokens):
        return None
    hours = _UNITS.get(tokens[index].text)
    return None if hours is None else (hours, index)


def _half_after(tokens: Sequence[Token], last: int) -> tuple[float, int]:
    ahead = [token.text for token in tokens[last + 1 : last + 4]]
    if ahead == ["and", "a", "half"]:
        return 0.5, last + 3
    if ahead[:2] == ["a", "pul"]:
        return 0.5, last + 2
    return 0.0, last


def _phrases(tokens: Sequence[Token]) -> list[Duration]:
    found: list[Duration] = []
    index = 0
    while index < len(tokens):
        duration = _fixed_phrase(tokens, index) or _vague(tokens, index) or _bare_unit(tokens, index)
        if duration is not None and not _is_something_else(tokens, duration):
            found.append(duration)
            index = duration.last
        index += 1
    return found


def _fixed_phrase(tokens: Sequence[Token], index: int) -> Duration | None:
    for words, hours, is_span in _BY_FIRST.get(tokens[index].text, ()):
        if tuple(token.text for token in tokens[index : index + len(words)]) == words:
            return Duration(float(hours), index, index + len(words) - 1, is_span)
    return None


def _vague(tokens: Sequence[Token], index: int) -> Duration | None:
    amount = _AMOUNTS.get(tokens[index].text, _ORDINALS.get(tokens[index].text))
    if amount is None:
        return None
    ahead = index + 1
    # "a few days": the article says nothing, the second word does.
    while ahead < len(tokens) and tokens[ahead].text in (*_AMOUNTS, "of", "an", "poslednich", "the"):
        amount = _AMOUNTS.get(tokens[ahead].text, amount) if tokens[ahead].text not in ("a", "an") else amount
        ahead += 1
    unit = _unit_at(tokens, ahead)
    if unit is None or len(tokens[unit[1]].text) == 1:
        return None
    extra, last = _half_after(tokens, unit[1])
    return Duration((amount + extra) * unit[0], index, last)


def _bare_unit(tokens: Sequence[Token], index: int) -> Duration | None:
    """Czech says "týden" and "hodinu" for one of them; "week" alone says nothing."""
    if tokens[index].text not in _ONE_OF:
        return None
    extra, last = _half_after(tokens, index)
    return Duration((1 + extra) * _UNITS[tokens[index].text], index, last)


def _is_something_else(tokens: Sequence[Token], duration: Duration) -> bool:
    before = [token.text for token in tokens[max(0, duration.first - 2) : duration.first]]
    after = [token.text for token in tokens[duration.last + 1 : duration.last + 3]]
    if tokens[duration.first].text in ("a", "an") and tokens[duration.first - 1].kind == "number":
        return True
    # "Vomiting x3 days" is a length, "2 x 3 days" is not.
    is_length = before[-1:] == ["x"] and not (len(before) > 1 and tokens[duration.first - 2].kind == "number")
    is_rate = bool(before) and before[-1] in _RATE_WORDS and not is_length
    if any(word in _AGE_WORDS for word in after) or is_rate:
        return True
    if {"pregnant", "tehotna", "tehotenstvi"} & set(after) or {"pregnant", "tehotna"} & set(before):
        return True
    return bool(before) and before[-1] in _LATER_WORDS and tokens[duration.first].text not in ("last", "past")


def _overlaps(one: Duration, two: Duration) -> bool:
    return one.first <= two.last and two.first <= one.last
