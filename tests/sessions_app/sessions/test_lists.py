"""Lists, single and bulk export, and the questions of a session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sessions_app.sessions.models import Session
from tests.conftest import Cast
from tests.interviews import answer, begin, finalized

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def finalized_at(cast: Cast, at: datetime) -> dict[str, Any]:
    """A session that was begun at that time and has been finalized now."""
    session = begin(cast.api)
    Session.objects.using("system").filter(id=session["session_id"]).update(created_at=at)
    cast.api.post(f"/v1/sessions/{session['session_id']}/finalize")
    return session


def ids(page: Any) -> list[str]:
    assert page.status_code == 200, page.content
    return [row["session_id"] for row in page.json()["data"]]


def test_list_is_newest_first_and_has_both_names(alder: Cast) -> None:
    made = [begin(alder.api)["session_id"] for _ in range(3)]
    page = alder.api.get("/v1/sessions")
    assert ids(page) == made[::-1]
    assert page.json()["sessions"] == page.json()["data"]
    assert (page.json()["total"], page.json()["limit"], page.json()["offset"]) == (3, 50, 0)


def test_list_is_paged(alder: Cast) -> None:
    made = [begin(alder.api)["session_id"] for _ in range(3)]
    page = alder.api.get("/v1/sessions", {"limit": 1, "offset": 1})
    assert (ids(page), page.json()["total"]) == ([made[1]], 3)
    assert ids(alder.api.get("/v1/sessions", {"offset": 2**31 - 1})) == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"limit": "x"},
        {"offset": -1},
        {"offset": 2**31},
        {"status": "open"},
        {"triage_level": "high"},
        {"date_from": "10.3.2026"},
        {"date_to": "2026-02-30"},
        {"chief_complaint": "a\x00"},
        {"patient_id": "x" * 101},
    ],
)
def test_impossible_filter_is_422(alder: Cast, query: dict[str, Any]) -> None:
    assert alder.api.get("/v1/sessions", query).status_code == 422


def test_list_is_filtered(alder: Cast) -> None:
    active = begin(alder.api, patient_id="p1")
    closed = finalized(alder.api, chief_complaint="cough", age=30, patient_id="p2")
    queries: list[tuple[dict[str, Any], list[str]]] = [
        ({"status": "active"}, [active["session_id"]]),
        ({"status": "finalized"}, [closed["session_id"]]),
        ({"status": "expired"}, []),
        ({"patient_id": "p2"}, [closed["session_id"]]),
        ({"patient_id": "p3"}, []),
        ({"chief_complaint": "chest_pain"}, [active["session_id"]]),
        ({"triage_level": closed["triage_level"], "chief_complaint": "cough"}, [closed["session_id"]]),
    ]
    for query, expected in queries:
        assert ids(alder.api.get("/v1/sessions", query)) == expected, query
    row = alder.api.get("/v1/sessions", {"patient_id": "p2"}).json()["data"][0]
    assert row["primary_diagnosis"] == closed["primary_diagnosis"]
    assert row["completed_at"] == closed["completed_at"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"date_from": "2026-03-10"}, "bc"),
        ({"date_to": "2026-03-10"}, "ab"),
        ({"date_from": "2026-03-10", "date_to": "2026-03-10"}, "b"),
        ({"date_from": "2026-03-11", "date_to": "2026-03-09"}, ""),
        ({"date_to": "9999-12-31"}, "abc"),
        ({"date_from": "0001-01-01"}, "abc"),
    ],
)
@pytest.mark.parametrize("surface", ["list", "export"])
def test_dates_are_whole_utc_days_both_inclusive(
    alder: Cast, query: dict[str, str], found: str, surface: str
) -> None:
    instants = {
        "a": datetime(2026, 3, 9, 23, 59, 59, 999999, tzinfo=UTC),
        "b": datetime(2026, 3, 10, tzinfo=UTC),
        "c": datetime(2026, 3, 11, tzinfo=UTC),
    }
    sessions = {name: finalized_at(alder, at) for name, at in instants.items()}
    if surface == "list":
        rows = alder.api.get("/v1/sessions", query).json()["data"]
    else:
        rows = alder.api.post("/v1/sessions/export", query).json()["sessions"]
    assert {row["session_id"] for row in rows} == {sessions[name]["session_id"] for name in found}


def test_bulk_export_gives_full_records_of_finalized_sessions(alder: Cast) -> None:
    begin(alder.api)
    made = [finalized(alder.api, patient_id=f"p{number}")["session_id"] for number in range(2)]
    answered = begin(alder.api, patient_id="p2")
    answer(alder.api, answered, "none of these")
    alder.api.post(f"/v1/sessions/{answered['session_id']}/finalize")
    made.append(answered["session_id"])
    page = alder.api.post("/v1/sessions/export", {"limit": 2}).json()
    assert (page["total"], page["exported"]) == (3, 2)
    assert [record["session_id"] for record in page["sessions"]] == made[:0:-1]
    assert page["sessions"][0] == alder.api.get(f"/v1/sessions/{made[2]}/export").json()
    one = alder.api.post("/v1/sessions/export", {"patient_id": "p0"}).json()
    assert [record["session_id"] for record in one["sessions"]] == [made[0]]


@pytest.mark.parametrize("body", [{"limit": 0}, {"limit": 1001}, {"date_from": "x"}])
def test_impossible_bulk_export_is_422(alder: Cast, body: dict[str, Any]) -> None:
    assert alder.api.post("/v1/sessions/export", body).status_code == 422


def test_record_tells_everything(alder: Cast) -> None:
    session = begin(alder.api, chief_complaint="bolest na hrudi", free_text="hodně se potím", patient_id="p1")
    answer(alder.api, session, "I fainted")
    answer(alder.api, session, None, skip=True, question_id="q_symptom_duration")
    path = f"/v1/sessions/{session['session_id']}"
    alder.api.post(f"{path}/finalize")
    alder.api.post(f"{path}/feedback", {"accuracy": "correct", "notes": "as thought"})
    record = alder.api.get(f"{path}/export").json()
    assert (record["complaint_text"], record["patient_id"]) == ("bolest na hrudi", "p1")
    assert (record["age"], record["sex"], record["status"]) == (58, "male", "finalized")
    told, skipped = record["answers"]
    assert told["question_id"] == session["current_question"]["question_id"]
    assert told["question"] == session["current_question"]["text"]
    assert (told["raw_text"], told["tokens_charged"], told["understood"]) == ("I fainted", 8, True)
    assert (skipped["skipped"], skipped["tokens_charged"]) == (True, 0)
    assert [step["question_id"] for step in record["triage_path"]] == [
        told["question_id"],
        skipped["question_id"],
    ]
    assert record["red_flags"] == [flag["flag"] for flag in record["red_flags_detail"]]
    assert record["differentials"]
    assert record["clinical_summary"]
    assert record["feedback"]["notes"] == "as thought"
    assert record["engine_version"]
    assert record["completed_at"]
    assert any("sweating" in entry["findings"] for entry in record["intake"])


def test_questions_count_up(alder: Cast) -> None:
    session = begin(alder.api)
    path = f"/v1/sessions/{session['session_id']}/questions"
    before = alder.api.get(path).json()
    assert before["current_question_id"] == session["current_question"]["question_id"]
    assert before["questions_asked"] == 0
    assert before["questions_remaining"] == before["questions_total"] == len(before["questions"])
    reply = answer(alder.api, session, "none of these").json()
    answer(alder.api, reply, None, skip=True)
    after = alder.api.get(path).json()
    assert after["questions_asked"] == 2
    states = [(question["answered"], question["skipped"]) for question in after["questions"]]
    assert states[:2] == [(True, False), (False, True)]
    assert set(states[2:]) == {(False, False)}
    assert after["questions_remaining"] == after["questions_total"] - 2
    assert after["questions"][0]["value"]["sweating"] is False


def test_lists_of_a_mode_hold_that_mode_only(alder: Cast) -> None:
    tester = alder.door(test=True)
    live, test = begin(alder.api), begin(tester)
    assert ids(alder.api.get("/v1/sessions")) == [live["session_id"]]
    assert ids(tester.get("/v1/sessions")) == [test["session_id"]]


def test_stats_count_the_sessions_of_the_mode(alder: Cast) -> None:
    begin(alder.api)
    finalized_at(alder, NOON - timedelta(days=90))
    begin(alder.door(test=True))
    stats = alder.api.get("/v1/admin/stats").json()
    assert stats["sessions"] == {"total": 2, "active": 1, "finalized": 1, "expired": 0, "last_30_days": 1}
    assert sum(stats["triage"].values()) == 2
    assert stats["tokens"] == {"balance": 49_998, "used_30_days": 2}
    assert stats["keys"]["active"] == 1
