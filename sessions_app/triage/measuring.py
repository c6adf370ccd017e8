"""Numbers that a text gives by itself: temperature, pulse, how long, how strong, age and sex."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sessions_app.language.ages import read_person
from sessions_app.language.durations import WEEK, YEAR, Duration
from sessions_app.language.numbers import Number, scale_of_ten, severity_word
from sessions_app.language.tokens import Token, bag
from sessions_app.triage.knowledge.schema import Finding
from sessions_app.triage.lexicon import LASTING
from sessions_app.triage.vitals import COUNTED, SURE, Measured, blood_pressures, noted_vitals, temperatures

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
_WEEK, _LATE = ("week", "tyd"), (20, 43)
_GESTATION = (4 * WEEK, 43 * WEEK)
# Seconds are the length of an attack, not of an illness.
_MOMENT = 0.02

# Months from and below which these are so.
_YOUNG = (("under_three_months", 0.0, 3.0), ("three_to_six_months", 3.0, 6.0))

_LIKELY, _VAGUE = 0.85, 0.6
_NEAR, _BESIDE = 5, 3
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
        yield Measured(stated.name, stated.value, stated.first, stated.last, SURE)
        for finding_id, low, high in _YOUNG:
            if finding_id in findings and stated.months is not None and low <= stated.months < high:
                yield Measured(finding_id, True, stated.first, stated.last, SURE)
    ages = {place for stated in persons for place in range(stated.first, stated.last + 2)}
    yield from _named_numbers(
        tokens, numbers, [name for name in named if name.finding_id in findings], findings
    )
    for finding_id, reader in (
        ("temperature_c", temperatures),
        ("systolic_bp", blood_pressures),
        ("pain_severity", _severities),
        ("overdose", _tablets),
        ("late_pregnancy", _pregnancies),
        ("heart_rate", noted_vitals),
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


def _named_numbers(
    tokens: Sequence[Token],
    numbers: Sequence[Number],
    named: Sequence[Named],
    findings: Mapping[str, Finding],
) -> Iterator[Measured]:
    taken: set[int] = set()
    for finding_id, first, last in named:
        finding = findings[finding_id]
        if finding.type != "number" or finding_id == "temperature_c":
            continue
        after = [number for number in numbers if last < number.first <= last + _NEAR]
        before = [number for number in numbers if first - 2 <= number.last < first]
        # "HR 120 bpm, RR 24": a unit stands behind its figure.
        is_unit = tokens[first].text in COUNTED
        for number in (*before, *after) if is_unit else (*after, *before):
            if number.first not in taken and _is_within(finding, number.value):
                taken.add(number.first)
                yield Measured(finding_id, number.value, number.first, number.last, SURE)
                break


def _weights(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Measured]:
    """Read "lost 8 kg" and "gained a stone and a half": the figure says what the words mean."""
    for number in numbers:
        before = {token.text for token in tokens[max(0, number.first - 4) : number.first]}
        after = [token.text for token in tokens[number.last + 1 : number.last + 2]]
        if not _WEIGHTS & set(after):
            continue
        for finding_id, words in (("weight_loss", _LOST), ("weight_gain", _GAINED)):
            if before & words and not before & _DENIALS:
                yield Measured(finding_id, True, number.first, number.last, SURE)


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
        yield Measured("pain_severity", figure, place.first, place.last, SURE)
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


def _pregnancies(tokens: Sequence[Token], numbers: Sequence[Number]) -> Iterator[Measured]:
    for number in numbers:
        after = [token.text for token in tokens[number.last + 1 : number.last + 1 + _NEAR]]
        near = [token.text for token in tokens[max(0, number.first - _NEAR) : number.first]] + after
        is_week = bool(after) and after[0].startswith(_WEEK)
        if is_week and _LATE[0] <= number.value <= _LATE[1] and any(w.startswith(_PREGNANT) for w in near):
            yield Measured("late_pregnancy", True, number.first, number.last, SURE)


def _is_of_the_past(
    tokens: Sequence[Token], duration: Duration, named: Sequence[Named], findings: Mapping[str, Finding]
) -> bool:
    """Whether it tells how old a risk is: "a ten-year history of asthma", "surgery a week ago"."""
    # "30 týdnů těhotenství": the length is a part of the risk.
    if any(
        name.first <= duration.first and duration.last <= name.last and _is_lasting(name, findings)
        for name in named
    ):
        return True
    following = {token.text for token in tokens[duration.last + 1 : duration.last + 3]}
    beside = [
        (max(duration.first - name.last, name.first - duration.last), name.finding_id)
        for name in named
        if name.finding_id in findings and (name.last < duration.first or "history" in following)
    ]
    distance, nearest = min(beside, default=(_BESIDE + 1, ""))
    return 0 < distance <= _BESIDE and findings[nearest].kind in LASTING


def _is_lasting(name: Named, findings: Mapping[str, Finding]) -> bool:
    return name.finding_id in findings and findings[name.finding_id].kind in LASTING


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
