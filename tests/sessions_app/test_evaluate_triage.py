"""The command that measures the triage on outside cases."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

CASES = Path(__file__).parent / "triage" / "cases.jsonl"
CASE: dict[str, Any] = {
    "id": "one",
    "age": 30,
    "sex": "male",
    "text": "My throat has been sore for two days and I have a runny nose. No fever.",
    "gold_level": "self_care",
    "gold_icd10": ["J00", "J02"],
}


def write(folder: Path, *cases: dict[str, Any]) -> Path:
    file = folder / "cases.jsonl"
    file.write_text("\n".join(json.dumps(case) for case in cases))
    return file


def evaluate(file: Path, *options: str) -> tuple[list[str], str]:
    out, err = StringIO(), StringIO()
    call_command("evaluate_triage", str(file), *options, stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue()


def test_case_is_evaluated_without_the_database(tmp_path: Path) -> None:
    lines, _ = evaluate(write(tmp_path, CASE, CASE | {"id": "two", "gold_level": None}), "--json")
    assert [line.split()[:4] for line in lines[:2]] == [
        ["one", "self_care", "self_care", "right"],
        ["two", "-", "self_care", "unjudged"],
    ]
    assert lines[2] == "2 cases, 1 of them without a gold level"
    assert any(line.startswith("Brier ") for line in lines)
    figures = json.loads(lines[-1])
    assert list(figures) == [
        "n",
        "accuracy",
        "safe",
        "emergency_recall",
        "self_care_recall",
        "over_triage",
        "top1",
        "top3",
        "top5",
        "questions_mean",
        "p95_ms",
    ]
    assert figures["n"] == 2
    assert figures["accuracy"] == figures["top5"] == 1.0
    assert figures["emergency_recall"] is None


def test_figures_without_gold_are_left_out(tmp_path: Path) -> None:
    lines, _ = evaluate(write(tmp_path, {"id": "one", "text": "a cough"}))
    assert not any(line.startswith(("Brier", "{")) for line in lines)
    assert any(line.endswith("no such case") for line in lines)


def test_complaint_leads_and_the_text_goes_on_from_it(tmp_path: Path) -> None:
    text = "It goes to my left arm, I am sweating."
    alone, _ = evaluate(write(tmp_path, {"id": "one", "age": 60, "text": text, "gold_level": "emergency"}))
    named, _ = evaluate(
        write(
            tmp_path,
            {
                "id": "one",
                "age": 60,
                "text": text,
                "gold_level": "emergency",
                "chief_complaint": "chest_pain",
            },
        )
    )
    assert alone[0].split()[3] == "under"
    assert named[0].split()[3] == "right"


def test_answers_are_given_in_interview_mode_only(tmp_path: Path) -> None:
    file = write(tmp_path, CASE | {"answers": {"drooling": True, "stridor": "yes"}})
    assert evaluate(file)[0][0].split()[2] == "self_care"
    assert evaluate(file, "--mode", "interview")[0][0].split()[2] == "emergency"


def test_report_is_written(tmp_path: Path) -> None:
    evaluate(write(tmp_path, CASE | {"gold_level": "emergency"}), "--report", str(tmp_path / "a" / "b"))
    written = (tmp_path / "a" / "b" / "report.html").read_text()
    assert "cases.jsonl, text mode" in written
    assert CASE["text"] in written


def test_bad_line_refuses_the_whole_file(tmp_path: Path) -> None:
    file = write(tmp_path, CASE, CASE | {"id": "two", "sex": "F"})
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="nothing was evaluated"):
        call_command("evaluate_triage", str(file), stdout=out, stderr=err)
    assert err.getvalue().startswith("line 2: sex: ")
    assert out.getvalue() == ""


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        evaluate(tmp_path / "none.jsonl")


def test_unknown_fields_are_told(tmp_path: Path) -> None:
    assert "author" in evaluate(write(tmp_path, CASE | {"author": "me"}))[1]


def test_own_cases_come_out_safe() -> None:
    figures = json.loads(evaluate(CASES, "--json")[0][-1])
    assert figures["n"] >= 220
    # A little below what was reached: a change that loses more than a case or two must be looked at.
    assert figures["safe"] >= 0.97
    assert figures["emergency_recall"] >= 0.94
    assert figures["self_care_recall"] >= 0.75
    assert figures["accuracy"] >= 0.91
    assert figures["over_triage"] <= 0.07
    assert figures["top3"] >= 0.89
