"""Demographics, rectification, feedback and erasure."""

from __future__ import annotations

from typing import Any

import pytest

from billing.ledger.models import UsageRecord
from sessions_app.sessions.models import Answer, Feedback, Session
from tests.conftest import Cast
from tests.interviews import answer, begin, finalized
from webhooks_app.events.models import Event


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_demographics_are_set_and_the_state_recomputed(alder: Cast, method: str) -> None:
    session = begin(alder.api, age=20, sex="male")
    path = f"/v1/sessions/{session['session_id']}"
    before = alder.api.get(f"{path}/results").json()["differentials"]
    state = alder.api.request(method, f"{path}/demographics", {"age": 75, "sex": "female"}).json()
    assert (state["age"], state["sex"], state["status"]) == (75, "female", "active")
    assert alder.api.get(f"{path}/results").json()["differentials"] != before


def test_demographics_without_fields_change_nothing(alder: Cast) -> None:
    session = begin(alder.api)
    path = f"/v1/sessions/{session['session_id']}"
    for body in ({}, {"age": None, "sex": None}, {"age": 58}):
        state = alder.api.patch(f"{path}/demographics", body).json()
        assert (state["age"], state["sex"]) == (58, "male")
    assert (
        alder.api.get("/v1/admin/audit-log", {"action": "session.demographics_changed"}).json()["total"] == 0
    )


@pytest.mark.parametrize("body", [{"age": -1}, {"age": 121}, {"sex": "x"}])
@pytest.mark.parametrize("act", ["demographics", "rectify"])
def test_impossible_demographics_are_422(alder: Cast, act: str, body: dict[str, Any]) -> None:
    path = f"/v1/sessions/{begin(alder.api)['session_id']}/{act}"
    assert alder.api.post(path, body).status_code == 422


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_rectification_takes_answers_out_and_recomputes(alder: Cast, method: str) -> None:
    session = begin(alder.api, age=20)
    path = f"/v1/sessions/{session['session_id']}"
    question = session["current_question"]["question_id"]
    raised = answer(alder.api, session, "I fainted, cold sweat, short of breath").json()
    assert raised["triage_level"] == "emergency"
    body = {"age": 21, "clear_answers": [question], "reason": "canary: mixed up with her brother"}
    reply = alder.api.request(method, f"{path}/rectify", body).json()
    assert reply["fields_changed"] == ["age", f"answers.{question}"]
    assert reply["triage_level"] == session["triage_level"]
    state = alder.api.get(f"{path}/state").json()
    assert (state["age"], state["questions_asked"], state["red_flags"]) == (21, 0, session["red_flags"])
    assert state["current_question"]["question_id"] == question
    assert not Answer.objects.using("system").filter(session_id=session["session_id"]).exists()
    event = alder.api.get("/v1/admin/audit-log", {"action": "session.rectified"}).json()["data"][0]
    assert event["metadata"] == {"fields": ["age", f"answers.{question}"], "has_reason": True}


def test_rectified_age_overrules_the_one_told_in_the_interview(alder: Cast) -> None:
    session = begin(alder.api, age=None, sex=None)
    path = f"/v1/sessions/{session['session_id']}"
    answer(alder.api, session, "80", question_id="q_age")
    told = alder.api.get(f"{path}/results").json()["differentials"]
    assert alder.api.post(f"{path}/rectify", {"age": 8}).json()["fields_changed"] == ["age"]
    corrected = alder.api.get(f"{path}/results").json()["differentials"]
    assert corrected != told
    assert corrected == _results_of_age(alder, 8)


def _results_of_age(cast: Cast, age: int) -> Any:
    session = begin(cast.api, age=age, sex=None)
    return cast.api.get(f"/v1/sessions/{session['session_id']}/results").json()["differentials"]


def test_rectification_of_an_answer_never_given_is_422(alder: Cast) -> None:
    path = f"/v1/sessions/{begin(alder.api)['session_id']}/rectify"
    assert alder.api.post(path, {"age": 1, "clear_answers": ["q_symptom_onset"]}).status_code == 422
    assert alder.api.post(path, {"reason": "x" * 501}).status_code == 422
    assert alder.api.post(path, {}).json()["fields_changed"] == []


def test_second_feedback_replaces_the_first(alder: Cast) -> None:
    session = finalized(alder.api)["session_id"]
    path = f"/v1/sessions/{session}/feedback"
    said = {"accuracy": "incorrect", "actual_diagnosis": "Gout", "actual_icd10": "M10", "notes": "n"}
    alder.api.post(path, said)
    assert alder.api.post(path, {"accuracy": "correct"}).json()["accuracy"] == "correct"
    kept = alder.api.get(f"/v1/sessions/{session}/export").json()["feedback"]
    assert (kept["accuracy"], kept["actual_diagnosis"], kept["notes"]) == ("correct", None, None)
    assert alder.api.get("/v1/admin/stats").json()["feedback"] == {
        "correct": 1,
        "partially_correct": 0,
        "incorrect": 0,
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"accuracy": "wrong"},
        {"accuracy": "correct", "actual_icd10": "x" * 11},
        {"accuracy": "correct", "notes": "\x00"},
    ],
)
def test_impossible_feedback_is_422(alder: Cast, body: dict[str, Any]) -> None:
    path = f"/v1/sessions/{finalized(alder.api)['session_id']}/feedback"
    assert alder.api.post(path, body).status_code == 422


def test_erased_session_is_gone_but_for_its_usage(alder: Cast) -> None:
    session = begin(alder.api)
    answer(alder.api, session)
    path = f"/v1/sessions/{session['session_id']}"
    alder.api.post(f"{path}/finalize")
    alder.api.post(f"{path}/feedback", {"accuracy": "correct"})
    erased = alder.api.delete(path)
    assert (erased.status_code, erased.json()) == (200, {})
    for model in (Answer, Feedback, Event, UsageRecord):
        rows = model.objects.using("system").filter(session_id=session["session_id"])
        assert rows.count() == (2 if model is UsageRecord else 0)
    assert not Session.objects.using("system").filter(id=session["session_id"]).exists()
    for act in ("state", "results", "export"):
        assert alder.api.get(f"{path}/{act}").status_code == 404
    assert alder.api.delete(path).status_code == 404
    log = alder.api.get("/v1/admin/audit-log", {"action": "session.erased"}).json()["data"]
    assert [event["target_id"] for event in log] == [session["session_id"]]
    counts = log[0]["metadata"]["deleted"]
    assert counts.pop("events") >= 3
    assert counts == {"sessions": 1, "answers": 1, "feedback": 1, "stored_replies": 0}
