"""Results, their end, and what a closed session still allows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sessions_app.sessions.models import Session
from tests.conftest import Cast
from tests.interviews import answer, begin, finalized

WRITES: list[tuple[str, str, Any]] = [
    ("POST", "answer", {"question_id": "q_symptom_duration", "raw_text": "2 hours"}),
    ("POST", "answer", {"question_id": "q_symptom_duration", "skip": True}),
    ("POST", "route", {"text": "cough"}),
    ("POST", "demographics", {"age": 30}),
    ("PATCH", "demographics", {"age": 30}),
    ("POST", "rectify", {"age": 30}),
    ("PATCH", "rectify", {"age": 30}),
]
READS = ["state", "questions", "results", "export"]


def test_results_may_be_read_at_any_time(alder: Cast) -> None:
    session = begin(alder.api)
    path = f"/v1/sessions/{session['session_id']}/results"
    early = alder.api.get(path).json()
    answer(alder.api, session, "cold sweat, I fainted")
    late = alder.api.get(path).json()
    assert early["differentials"] != late["differentials"]
    assert late["triage_level"] == "emergency"
    assert late["red_flags"][0].keys() == {"flag", "description", "description_cs"}


def test_differentials_are_ranked_and_their_probabilities_bounded(alder: Cast) -> None:
    results = finalized(alder.api)
    ranked = results["differentials"]
    assert 0 < len(ranked) <= 10
    assert [one["rank"] for one in ranked] == list(range(1, len(ranked) + 1))
    chances = [one["probability"] for one in ranked]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 1
    assert all(one["icd"] == one["icd10"] for one in ranked)
    first = ranked[0]
    assert results["primary_diagnosis"] == first["diagnosis"]
    assert results["primary_diagnosis_icd"] == first["icd"]
    assert results["primary_probability"] == first["probability"]
    assert "triage" not in results


def test_finalize_twice_gives_the_same_bytes_and_one_pair_of_events(alder: Cast) -> None:
    session = begin(alder.api)
    path = f"/v1/sessions/{session['session_id']}/finalize"
    first, again = alder.api.post(path), alder.api.post(path)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert first.json()["status"] == "finalized"
    assert first.json()["clinical_summary"]
    log = alder.api.get("/v1/admin/audit-log", {"action": "session.finalized"}).json()
    assert log["total"] == 1


def test_results_of_a_finalized_session_are_those_it_was_finalized_with(alder: Cast) -> None:
    final = finalized(alder.api)
    results = alder.api.get(f"/v1/sessions/{final['session_id']}/results").json()
    frozen = {name: value for name, value in final.items() if name in results and name != "meta"}
    assert {name: value for name, value in results.items() if name != "meta"} == frozen


def test_questions_of_a_finalized_session_are_those_that_were_asked(alder: Cast) -> None:
    session = begin(alder.api)
    answer(alder.api, session, "none of these")
    alder.api.post(f"/v1/sessions/{session['session_id']}/finalize")
    listed = alder.api.get(f"/v1/sessions/{session['session_id']}/questions").json()
    assert [question["question_id"] for question in listed["questions"]] == [
        session["current_question"]["question_id"]
    ]
    assert (listed["questions_remaining"], listed["current_question_id"]) == (0, None)


def expired(cast: Cast) -> str:
    session = begin(cast.api)["session_id"]
    long_ago = timezone.now() - timedelta(days=2)
    Session.objects.using("system").filter(id=session).update(status="expired", expires_at=long_ago)
    return str(session)


def closed(cast: Cast, status: str) -> str:
    return str(finalized(cast.api)["session_id"]) if status == "finalized" else expired(cast)


@pytest.mark.parametrize("status", ["finalized", "expired"])
@pytest.mark.parametrize(("method", "act", "body"), WRITES)
def test_closed_session_is_read_only(alder: Cast, status: str, method: str, act: str, body: Any) -> None:
    session = closed(alder, status)
    before = Session.objects.using("system").filter(id=session).values().get()
    used = alder.api.get("/v1/admin/balance").json()["lifetime_used"]
    assert alder.api.request(method, f"/v1/sessions/{session}/{act}", body).status_code == 409
    assert Session.objects.using("system").filter(id=session).values().get() == before
    assert alder.api.get("/v1/admin/balance").json()["lifetime_used"] == used


@pytest.mark.parametrize("status", ["finalized", "expired"])
@pytest.mark.parametrize("act", READS)
def test_closed_session_may_be_read(alder: Cast, status: str, act: str) -> None:
    session = closed(alder, status)
    assert alder.api.get(f"/v1/sessions/{session}/{act}").status_code == 200


@pytest.mark.parametrize("status", ["finalized", "expired"])
@pytest.mark.parametrize(("method", "act"), [("POST", "/finalize"), ("DELETE", "")])
def test_closed_session_may_be_finalized_and_erased(alder: Cast, status: str, method: str, act: str) -> None:
    session = closed(alder, status)
    assert alder.api.request(method, f"/v1/sessions/{session}{act}").status_code == 200


@pytest.mark.parametrize(("status", "answered"), [("finalized", 200), ("active", 409), ("expired", 409)])
def test_feedback_is_for_finalized_sessions(alder: Cast, status: str, answered: int) -> None:
    session = begin(alder.api)["session_id"] if status == "active" else closed(alder, status)
    reply = alder.api.post(f"/v1/sessions/{session}/feedback", {"accuracy": "correct"})
    assert reply.status_code == answered


def test_idle_session_is_closed_before_the_sweep_comes(alder: Cast) -> None:
    session = begin(alder.api)
    Session.objects.using("system").filter(id=session["session_id"]).update(expires_at=timezone.now())
    assert answer(alder.api, session, "no").status_code == 409
