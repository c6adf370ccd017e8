"""Numbers that a text gives by itself: temperature, pulse, how long, how strong, age and sex."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sessions_app.language.ages import read_person
from sessions_app.language.durations import WEEK, YEAR, Duration
from sessions_app.language.numbers import Number, has_degrees, scale_of_ten, severity_word, temperature
from sessions_app.language.tokens import Token, bag
from sessions_app.triage.case import Value
from sessions_app.triage.knowledge.schema import Finding

_TAKEN = bag("took taken swallowed ate overdosed vzal vzala snedl snedla spolykal spolykala pozil pozila")
_TABLETS = (
    "tablet",
    "pill",
    "paracetamol",
    "ibuprofen",
    "aspirin",
    "tylenol",
    "acetaminophen",
    "paralen",
    "pras",
)
_MANY_TABLETS = 10
# Weeks beside a pregnancy are its length.
_PREGNANT = ("pregnan", "tehot", "gestation")
_GESTATION = (4 * WEEK, 43 * WEEK)
# Seconds are the length of an attack, not of an illness.
_MOMENT = 0.02

_SURE, _LIKELY, _VAGUE = 0.95, 0.85, 0.6
_NEAR = 5
_SYSTOLIC, _DIASTOLIC = (60, 280), (30, 160)
_HEAT_WORDS = bag(
    """
        temp temps temperature temperatures fever feverish teplota teplotu teploty teplotou horecka
        horecku horecky horeckou
    """
)
_PAIN = ("pain", "ache", "hurt", "bolest", "boli", "bolel")
_DENIALS = bag("no not never without dont doesnt isnt bez zadna zadne zadnou nemam neni neboli")
_EPISODE = bag("""
    lasts last lasting each episode episodes attack attacks time trva trvaji zachvat zachvaty
""")


class Measured(NamedTuple):
    """A figure for a finding, with the indices of its first and last token."""

    finding_id: str
    value: Value
    first: int
    last: int
    confidence: float


class Named(NamedTuple):
    """A finding named in the text, by the indices of its first and last token."""

    finding_id: str
    first: int
    last: int


def measure(
    tokens: Sequence[Token],
    numbers: Sequence[Number],
    durations: Sequence[Duration],
    named: Sequence[Named],
    findings: Mapping[str, Finding],
) -> Iterator[Measured]:
    """Yield every figure that says by itself what it measures, of whomever it is said."""
    persons = list(read_person(tokens, numbers))
    for stated in persons:
        yield Measured(stated.name, stated.value, stated.first, stated.last, _SURE)
    ages = {stated.first for stated in persons}
    yield from _named_numbers(numbers, [name for name in named if name.finding_id in findings], findings)
    for finding_id, reader in (
        ("temperature_c", _temperatures),
        ("systolic_bp", _blood_pressures),
        ("pain_severity", _severities),
        ("overdose", _tablets),
    ):
        if finding_id in findings:
            yield from reader(tokens, numbers)
    if "symptom_duration" in findings:
        yield from _duration(tokens, [duration for duration in durations if duration.first not in ages])


def _temperatures(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Measured]:
    for number in numbers:
        value = temperature(tokens, number)
        if value is None:
            continue
        near = {token.text for token in tokens[max(0, number.first - _NEAR) : number.last + 3]}
        if has_degrees(tokens, number) or near & _HEAT_WORDS:
            yield Measured("temperature_c", value, number.first, number.last, _SURE)


def _named_numbers(
    numbers: Sequence[Number], named: Sequence[Named], findings: Mapping[str, Finding]
) -> Iterator[Measured]:
    taken: set[int] = set()
    for finding_id, first, last in named:
        finding = findings[finding_id]
        if finding.type != "number" or finding_id == "temperature_c":
            continue
        after = [number for number in numbers if last < number.first <= last + _NEAR]
        before = [number for number in numbers if first - 2 <= number.last < first]
        for number in (*after, *before):
            if number.first not in taken and _is_within(finding, number.value):
                taken.add(number.first)
                yield Measured(finding_id, number.value, number.first, number.last, _SURE)
                break


def _blood_pressures(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Measured]:
    for number in numbers:
        is_systolic = _SYSTOLIC[0] <= number.value <= _SYSTOLIC[1]
        if is_systolic and number.second is not None and _DIASTOLIC[0] <= number.second < number.value:
            yield Measured("systolic_bp", number.value, number.first, number.last, _SURE)


def _is_within(finding: Finding, value: float) -> bool:
    low = finding.min if finding.min is not None else 0.0
    return low <= value and (finding.max is None or value <= finding.max)


def _severities(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Measured]:
    figure = scale_of_ten(tokens, numbers)
    if figure is not None:
        place = next(number for number in numbers if number.value == figure)
        yield Measured("pain_severity", figure, place.first, place.last, _SURE)
        return
    for position, token in enumerate(tokens):
        if not token.text.startswith(_PAIN) and not token.text.endswith("ache"):
            continue
        near = tokens[max(0, position - 3) : position + 4]
        words = [other.text for other in near if other.sentence == token.sentence]
        strength = severity_word(" ".join(words))
        if strength is not None and not _DENIALS & set(words):
            yield Measured("pain_severity", strength, position, position, _LIKELY)
            return


def _tablets(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Measured]:
    for number in numbers:
        before = {token.text for token in tokens[max(0, number.first - 4) : number.first]}
        after = [token.text for token in tokens[number.last + 1 : number.last + 4]]
        if (
            number.value >= _MANY_TABLETS
            and before & _TAKEN
            and any(word.startswith(_TABLETS) for word in after)
        ):
            yield Measured("overdose", True, number.first, number.last, _LIKELY)


def _duration(tokens: Sequence[Token], durations: Sequence[Duration]) -> Iterator[Measured]:
    is_pregnant = any(token.text.startswith(_PREGNANT) for token in tokens)
    fitting = [
        duration
        for duration in durations
        if duration.hours > _MOMENT
        and not (is_pregnant and _GESTATION[0] <= duration.hours <= _GESTATION[1])
        and not _is_episode(tokens, duration)
    ]
    # Years belong to an old illness when a shorter time is named too.
    recent = [duration for duration in fitting if duration.hours < YEAR] or fitting
    if recent:
        said = next((duration for duration in recent if duration.is_span), recent[0])
        confidence = _LIKELY if said.is_span else _VAGUE
        yield Measured("symptom_duration", round(said.hours, 2), said.first, said.last, confidence)


def _is_episode(tokens: Sequence[Token], duration: Duration) -> bool:
    near = tokens[max(0, duration.first - 4) : duration.last + 4]
    return len({token.text for token in near} & _EPISODE) > 1
