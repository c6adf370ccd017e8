"""Numbers, temperatures, scales, durations and ages."""

from __future__ import annotations

import pytest

from sessions_app.language.ages import read_person
from sessions_app.language.durations import read_durations
from sessions_app.language.numbers import read_numbers, scale_of_ten, severity_word, temperature
from sessions_app.language.tokens import fold, tokenise


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("8", [8]),
        ("38,5", [38.5]),
        ("38.5 and 39", [38.5, 39]),
        ("fifty eight", [58]),
        ("fifty-eight", [58]),
        ("padesát osm", [58]),
        ("dvě", [2]),
        ("37 and a half", [37.5]),
        ("dva a půl", [2.5]),
        ("2-3", [2.5]),
        ("2 to 4", [3]),
        ("140/90", [140]),
        ("180 over 110", [180]),
        ("1/2", [0.5]),
        ("3 or more", [3]),
        ("5/6", [5, 6]),
        ("5 to 3", [5, 3]),
        ("dva tři", [2.5]),
        ("two five", [2, 5]),
        ("fifty pills", [50]),
        ("2-", [2]),
        ("none here", []),
    ],
)
def test_numbers_are_read(text: str, values: list[float]) -> None:
    assert [number.value for number in read_numbers(tokenise(text))] == values


@pytest.mark.parametrize(
    ("text", "celsius"),
    [
        ("38.5", 38.5),
        ("102 F", 38.9),
        ("101.3", 38.5),
        ("39 °C", 39),
        ("200", None),
        ("20", None),
        ("98.6 f", 37),
        ("39 st.", 39),
    ],
)
def test_temperature_is_in_celsius(text: str, celsius: float | None) -> None:
    tokens = tokenise(text)
    assert temperature(tokens, read_numbers(tokens)[0]) == celsius


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("8/10", 8),
        ("8 out of 10", 8),
        ("bolest 8 z 10", 8),
        ("7 z deseti", 7),
        ("8 days", None),
        ("12/10", None),
    ],
)
def test_scale_of_ten_is_read(text: str, figure: float | None) -> None:
    tokens = tokenise(text)
    assert scale_of_ten(tokens, read_numbers(tokens)) == figure


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("it is mild", 2),
        ("nesnesitelná", 10),
        ("silná bolest", 8),
        ("střední", 5),
        ("unbearable", 10),
        ("blue", None),
    ],
)
def test_words_of_severity_are_figures(text: str, figure: float | None) -> None:
    assert severity_word(fold(text)) == figure


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("for 3 days", 72),
        ("30 minutes", 0.5),
        ("30min", 0.5),
        ("two weeks", 336),
        ("since yesterday", 24),
        ("od včera", 24),
        ("půl hodiny", 0.5),
        ("half an hour", 0.5),
        ("an hour and a half", 1.5),
        ("hodinu a půl", 1.5),
        ("2 and a half hours", 2.5),
        ("týden", 168),
        ("asi tři dny", 72),
        ("a few days", 72),
        ("pár dní", 72),
        ("several months", 3600),
        ("1-2 hours", 1.5),
        ("since this morning", 6),
        ("od rána", 6),
        ("just now", 0.2),
        ("od předevčírem", 48),
        ("started 2 hours ago", 2),
        ("před týdnem", 168),
        ("celou noc", 8),
        ("roky", 20000),
        ("týden a půl", 252),
        ("2 dny a půl", 60),
        ("od včerejška", 24),
        ("od včerejšího rána", 30),
        ("since last Tuesday", 144),
        ("od minulého pátku", 144),
        ("for the past couple of weeks", 336),
        ("for a good week", 168),
        ("asi týden", 168),
        ("čtrnáct dní", 336),
        ("dva tři dny", 60),
        ("čtvrt roku", 2190),
        ("3. den", 72),
        ("už třetí den", 72),
        ("third day", 72),
        ("x3 days", 72),
        ("x 3 days", 72),
        ("for 3/7", 72),
        ("2/52 history", 336),
        ("6/12 ago", 4320),
        ("on 3/7", None),
        ("for 3/4", None),
        ("for 60/12", None),
        ("for 2/3 / 4", None),
        ("2 of the", None),
        ("a few", None),
    ],
)
def test_duration_is_in_hours(text: str, hours: float | None) -> None:
    assert next((duration.hours for duration in read_durations(tokenise(text))), None) == hours


@pytest.mark.parametrize(
    "text",
    [
        "58 years old",
        "3 times a day",
        "every 4 hours",
        "20 a day",
        "dvakrát za den",
        "12 weeks pregnant",
        "in 2 weeks",
        "my period is 3 weeks late",
        "každé 2 hodiny",
        "2 x 3 days",
    ],
)
def test_other_times_are_no_duration(text: str) -> None:
    assert read_durations(tokenise(text)) == []


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("58 year old man", {"age": 58, "sex": "male"}),
        ("I am 25", {"age": 25}),
        ("I'm a 30-year-old woman", {"age": 30, "sex": "female"}),
        ("je mi 45 let", {"age": 45}),
        ("45letá žena", {"age": 45, "sex": "female"}),
        ("6 months old", {"age": 0}),
        ("dceři jsou 3 měsíce", {"age": 0}),
        ("18 months old", {"age": 1}),
        ("je jí 7 let", {"age": 7}),
        ("jsem muž", {"sex": "male"}),
        ("my dad (72) fell", {"age": 72}),
        ("my mother, 78, fell", {"age": 78}),
        ("manžel (65 let) má kašel", {"age": 65}),
        ("my mum is 78 and fell", {"age": 78}),
        ("my daughter (8 months) fell", {"age": 0}),
        ("syn, 18 měsíců, kašle", {"age": 1}),
        ("miminko 6 týdnů zvrací", {"age": 0}),
        ("6 week baby", {"age": 0}),
        ("dcera 3 roky", {"age": 3}),
        ("3měsíční miminko", {"age": 0}),
        ("tříletá dcera", {"age": 3, "sex": "female"}),
        ("šestitýdenní miminko", {"age": 0}),
        ("dvoutýdenní horečka", {}),
        ("miminko 3 dny zvrací", {}),
        ("syn 2 týdny kašle", {}),
        ("my child, 2 weeks of cough", {}),
        ("my baby has coughed for 2 weeks", {}),
        ("for 3 years", {}),
        ("trvá to 3 roky", {}),
        ("I am 8 out of 10", {}),
        ("130 years old", {}),
    ],
)
def test_age_and_sex_are_read(text: str, stated: dict[str, object]) -> None:
    tokens = tokenise(text)
    assert {one.name: one.value for one in read_person(tokens, read_numbers(tokens))} == stated
