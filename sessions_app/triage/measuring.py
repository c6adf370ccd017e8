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
from sessions_app.triage.lexicon import LASTING

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
_NEAR, _FAR, _BESIDE = 5, 12, 3
# As they stand in notes: "HR 110, RR 20, SpO2 95 %".
_NOTED = {
    "hr": "heart_rate",
    "rr": "respiratory_rate",
    "resp": "respiratory_rate",
    "resps": "respiratory_rate",
    "respirations": "respiratory_rate",
    "sat": "oxygen_saturation",
    "sats": "oxygen_saturation",
    "saturation": "oxygen_saturation",
    "saturations": "oxygen_saturation",
    "p": "heart_rate",
    "r": "respiratory_rate",
}
# These need another one beside them: "she sat 80 minutes".
_SHORT = ("p", "r", "sat")
_COUNTED = {"beats": "heart_rate", "bpm": "heart_rate", "breaths": "respiratory_rate"}
_NOTES = bag("bp hr rr t temp temperature pulse spo vitals vital")
_LINKS = bag("of is was at are were : =")
_SYSTOLIC, _DIASTOLIC = (60, 280), (30, 160)
_HEAT_WORDS = bag(
    """
        t temp temps temperature temperatures fever feverish teplota teplotu teploty teplotou horecka
        horecku horecky horeckou
    """
)
_PAIN = ("pain", "ache", "hurt", "bolest", "boli", "bolel")
_DENIALS = bag("no not never without dont doesnt isnt bez zadna zadne zadnou nemam neni neboli")
_LOST = bag("lost lose loses losing dropped shed zhubl zhubla zhubnul zhubnula ubyl ubylo shodil shodila")
_GAINED = bag("gained gain gains gaining pribral pribrala pribralo pribyl")
_WEIGHTS = bag("kg kilo kilos kilogram kilograms pounds pound lb lbs stone kila kilogramu")
_WAS = bag("was were byla bylo byl")
_LAST = bag("last posledni")
_PERIOD = bag("period periods menstrual menses menstruation menstruace menstruaci")
_LASTS = bag("lasts lasting trva trvaji")
_AT_TIMES = (["in", "the", "morning"], ["in", "the", "evening"], ["at", "a", "time"])
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
    ages = {place for stated in persons for place in range(stated.first, stated.last + 2)}
    yield from _named_numbers(numbers, [name for name in named if name.finding_id in findings], findings)
    for finding_id, reader in (
        ("temperature_c", _temperatures),
        ("systolic_bp", _blood_pressures),
        ("pain_severity", _severities),
        ("overdose", _tablets),
        ("heart_rate", _noted_vitals),
        ("weight_loss", _weights),
    ):
        if finding_id in findings:
            yield from (figure for figure in reader(tokens, numbers) if _is_possible(figure, findings))
    if "symptom_duration" in findings:
        of_now = [
            duration
            for duration in durations
            if duration.first not in ages and not _is_of_the_past(tokens, duration, named, findings)
        ]
        yield from _duration(tokens, of_now)


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


def _noted_vitals(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Measured]:
    for number in numbers:
        before = [token.text for token in tokens[max(0, number.first - 3) : number.first]]
        while before and before[-1] in _LINKS:
            before.pop()
        after = tokens[number.last + 1].text if number.last + 1 < len(tokens) else ""
        name = before[-1] if before else ""
        finding_id = _NOTED.get(name) or _COUNTED.get(after)
        near = {token.text for token in tokens[max(0, number.first - _FAR) : number.last + _FAR]}
        if finding_id and (name not in _SHORT or after in _COUNTED or near & _NOTES):
            yield Measured(finding_id, number.value, number.first, number.last, _SURE)


def _weights(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Measured]:
    """Read "lost 8 kg" and "gained a stone and a half": the figure says what the words mean."""
    for number in numbers:
        before = {token.text for token in tokens[max(0, number.first - 4) : number.first]}
        after = [token.text for token in tokens[number.last + 1 : number.last + 2]]
        if not _WEIGHTS & set(after):
            continue
        for finding_id, words in (("weight_loss", _LOST), ("weight_gain", _GAINED)):
            if before & words and not before & _DENIALS:
                yield Measured(finding_id, True, number.first, number.last, _SURE)


def _is_possible(figure: Measured, findings: Mapping[str, Finding]) -> bool:
    finding, value = findings.get(figure.finding_id), figure.value
    if finding is None or figure.finding_id == "temperature_c" or not isinstance(value, float):
        return finding is not None
    return _is_within(finding, value)


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


def _is_of_the_past(
    tokens: Sequence[Token], duration: Duration, named: Sequence[Named], findings: Mapping[str, Finding]
) -> bool:
    """Whether it tells how old a risk is: "a ten-year history of asthma", "surgery a week ago"."""
    following = {token.text for token in tokens[duration.last + 1 : duration.last + 3]}
    beside = [
        (max(duration.first - name.last, name.first - duration.last), name.finding_id)
        for name in named
        if name.finding_id in findings and (name.last < duration.first or "history" in following)
    ]
    distance, nearest = min(beside, default=(_BESIDE + 1, ""))
    return 0 < distance <= _BESIDE and findings[nearest].kind in LASTING


def _duration(tokens: Sequence[Token], durations: Sequence[Duration]) -> Iterator[Measured]:
    is_pregnant = any(token.text.startswith(_PREGNANT) for token in tokens)
    fitting = [
        duration
        for duration in durations
        if duration.hours > _MOMENT
        and not (is_pregnant and _GESTATION[0] <= duration.hours <= _GESTATION[1])
        and not _is_episode(tokens, duration)
        and not _is_last_time(tokens, duration)
    ]
    # Years belong to an old illness when a shorter time is named too.
    recent = [duration for duration in fitting if duration.hours < YEAR] or fitting
    # "It lasts half an hour" may be all of it; beside a longer time it is an attack.
    longest = max((duration.hours for duration in recent), default=0.0)
    recent = [one for one in recent if one.hours == longest or not _near(tokens, one) & _LASTS]
    if recent:
        said = next((duration for duration in recent if duration.is_span), recent[0])
        confidence = _LIKELY if said.is_span else _VAGUE
        yield Measured("symptom_duration", round(said.hours, 2), said.first, said.last, confidence)


def _is_last_time(tokens: Sequence[Token], duration: Duration) -> bool:
    """Whether it is said of an event: "her last period was six weeks ago"."""
    before = {token.text for token in tokens[max(0, duration.first - 6) : duration.first]}
    return bool(before & _LAST) and bool(before & (_PERIOD | _WAS))


def _is_episode(tokens: Sequence[Token], duration: Duration) -> bool:
    # "Two hours after supper" is a moment; what comes every morning comes again.
    following = [token.text for token in tokens[duration.last + 1 : duration.last + 4]]
    is_length = duration.first > 0 and tokens[duration.first - 1].text in ("for", "past", "last")
    is_moment = following[:1] in (["after"], ["before"], ["later"]) and not is_length
    if is_moment or following in _AT_TIMES:
        return True
    return len(_near(tokens, duration) & _EPISODE) > 1


def _near(tokens: Sequence[Token], duration: Duration) -> set[str]:
    return {token.text for token in tokens[max(0, duration.first - 4) : duration.last + 4]}
