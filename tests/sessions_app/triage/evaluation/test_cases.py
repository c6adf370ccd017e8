"""Reading cases: what is taken, and how a bad line is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sessions_app.triage.evaluation.cases import BadCases, read_cases
from tests.sessions_app.triage.tiny import tiny_knowledge

KNOWLEDGE = tiny_knowledge()
GOOD: dict[str, Any] = {"id": "one", "age": 40, "sex": "female", "text": "My throat is sore."}


def line(**changes: Any) -> str:
    return json.dumps(GOOD | changes)


def problems(*lines: str) -> tuple[str, ...]:
    with pytest.raises(BadCases) as raised:
        read_cases(lines, KNOWLEDGE)
    return raised.value.problems


def test_case_is_read() -> None:
    answers = {"cough": "yes", "symptom_duration": "2 days", "temperature_c": None}
    text = line(
        chief_complaint=" Sore throat ",
        answers=answers,
        gold_level=["urgent", "routine"],
        gold_icd10=["j03.9", "J02"],
        age=0.5,
    )
    (vignette,) = read_cases([text, "", "  "], KNOWLEDGE).vignettes
    assert vignette.chief_complaint == "Sore throat"
    assert vignette.answers == {"cough": True, "symptom_duration": 48.0, "temperature_c": None}
    assert (vignette.lowest, vignette.highest) == (1, 2)
    assert vignette.gold_icd10 == ("J03", "J02")
    assert vignette.age == 0.5


def test_gold_and_person_may_be_missing() -> None:
    nothing = {"age": None, "sex": None, "gold_level": None, "gold_icd10": None, "answers": None}
    (vignette,) = read_cases([line(**nothing, id=7)], KNOWLEDGE).vignettes
    assert vignette.id == "7"
    assert vignette.age is None
    assert vignette.sex is None
    assert vignette.gold_level == vignette.gold_icd10 == ()


def test_one_level_and_one_code_need_no_list() -> None:
    (vignette,) = read_cases([line(gold_level="urgent", gold_icd10="J03")], KNOWLEDGE).vignettes
    assert vignette.gold_level == ("urgent",)
    assert vignette.gold_icd10 == ("J03",)


def test_unknown_fields_are_named() -> None:
    reading = read_cases([line(author="me"), line(id="two", author="you", gold="x")], KNOWLEDGE)
    assert len(reading.vignettes) == 2
    assert reading.ignored == ("author", "gold")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"text": ""}, "text"),
        ({"text": None}, "text"),
        ({"id": " "}, "id"),
        ({"id": True}, "id"),
        ({"age": 121}, "age"),
        ({"age": "old"}, "age"),
        ({"sex": "F"}, "sex"),
        ({"gold_level": "moderate"}, "gold_level.0"),
        ({"gold_level": ["urgent", "soon"]}, "gold_level.1"),
        ({"gold_icd10": ["J03", "sore throat"]}, "gold_icd10.1"),
        ({"gold_icd10": [17]}, "gold_icd10.0"),
        ({"answers": ["cough"]}, "answers"),
        ({"answers": {"hiccups": True}}, "answers.hiccups"),
        ({"answers": {"cough": "sometimes"}}, "answers.cough"),
    ],
)
def test_bad_field_is_named_with_its_line(changes: dict[str, Any], named: str) -> None:
    (problem,) = problems(line(), line(**{"id": "two"} | changes))
    assert problem.startswith(f"line 2: {named}: ")


def test_every_bad_line_is_told_and_no_word_of_it() -> None:
    told = problems("{", "[]", line(), line(text="", age="secret"), line())
    assert [problem.split(":")[0] for problem in told] == ["line 1", "line 2", "line 4", "line 4", "line 5"]
    assert told[0] == ("line 1: no JSON: Expecting property name enclosed in double quotes at character 2")
    assert told[-1] == "line 5: id: the same as in line 3"
    assert "secret" not in "".join(told)


def test_file_without_cases_is_refused() -> None:
    assert problems("", " ") == ("no case in the file",)
