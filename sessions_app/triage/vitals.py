"""Vital signs in a text: temperature, blood pressure, pulse, breaths, oxygen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sessions_app.language.numbers import Number, has_degrees, temperature
from sessions_app.language.tokens import Token, bag
from sessions_app.triage.case import Value

SURE = 0.95
_NEAR, _FAR = 5, 12
# As they stand in notes: "HR 110, RR 20, SpO2 95 %".
_NOTED = {
    "hr": "heart_rate",
    "rr": "respiratory_rate",
    "resp": "respiratory_rate",
    "resps": "respiratory_rate",
    "respirations": "respiratory_rate",
    "tf": "heart_rate",
    "df": "respiratory_rate",
    "sat": "oxygen_saturation",
    "sats": "oxygen_saturation",
    "saturation": "oxygen_saturation",
    "saturations": "oxygen_saturation",
    "p": "heart_rate",
    "r": "respiratory_rate",
}
# These need another one beside them: "she sat 80 minutes".
_SHORT = ("p", "r", "sat")
COUNTED = {"beats": "heart_rate", "bpm": "heart_rate", "breaths": "respiratory_rate"}
_NOTES = bag("bp hr rr t temp temperature pulse spo vitals vital")
_LINKS = bag("of is was at are were : =")
_SYSTOLIC, _DIASTOLIC = (60, 280), (30, 160)
_HEAT_WORDS = bag(
    """
        t temp temps temperature temperatures fever feverish teplota teplotu teploty teplotou horecka
        horecku horecky horeckou
    """
)


class Measured(NamedTuple):
    """A figure for a finding, with the indices of its first and last token."""

    finding_id: str
    value: Value
    first: int
    last: int
    confidence: float


def temperatures(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Measured]:
    """Yield the numbers that are a body temperature, in Celsius."""
    for number in numbers:
        value = temperature(tokens, number)
        if value is None:
            continue
        near = {token.text for token in tokens[max(0, number.first - _NEAR) : number.last + 3]}
        if has_degrees(tokens, number) or near & _HEAT_WORDS:
            yield Measured("temperature_c", value, number.first, number.last, SURE)


def blood_pressures(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Measured]:
    """Yield the upper figures of blood pressures: 140 of "140/90"."""
    for number in numbers:
        is_systolic = _SYSTOLIC[0] <= number.value <= _SYSTOLIC[1]
        if is_systolic and number.second is not None and _DIASTOLIC[0] <= number.second < number.value:
            yield Measured("systolic_bp", number.value, number.first, number.last, SURE)


def noted_vitals(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Measured]:
    """Yield pulse, breaths and oxygen as notes shorten them: "HR 110, RR 20"."""
    for number in numbers:
        before = [token.text for token in tokens[max(0, number.first - 3) : number.first]]
        while before and before[-1] in _LINKS:
            before.pop()
        after = tokens[number.last + 1].text if number.last + 1 < len(tokens) else ""
        name = before[-1] if before else ""
        finding_id = _NOTED.get(name) or COUNTED.get(after)
        near = {token.text for token in tokens[max(0, number.first - _FAR) : number.last + _FAR]}
        if finding_id and (name not in _SHORT or after in COUNTED or near & _NOTES):
            yield Measured(finding_id, number.value, number.first, number.last, SURE)
