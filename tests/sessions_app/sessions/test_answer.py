from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sessions_app.sessions.models import Answer, Session
from tests.conftest import Cast
from tests.interviews import answer, begin

NOT_UNDERSTOOD = "blah xyzzy"


def answers_of(session: dict[str, Any]) -> list[Answer]:
    rows = Answer.objects.using("system").filter(session_id=session["session_id"])
    return list(rows.order_by("place"))


def test_answer_is_understood_and_the_next_question_comes(alder: Cast) -> None:
    session = begin(alder.api)
    reply = answer(alder.api, session, "I am sweating, no shortness of breath")
    body = reply.json()
    assert body["extracted_fields"]["sweating"] is True
    assert body["extracted_fields"]["dyspnoea"] is False
    assert body["questions_asked"] == 1
    assert body["current_question"]["question_id"] != session["current_question"]["question_id"]
    assert (reply["X-NessyAPI-Tokens-Charged"], body["meta"]["tokens_charged"]) == ("8", 8)


@pytest.mark.parametrize("said", [{}, {"raw_text": None}, {"extracted_fields": {}}, {"extracted_flags": []}])
def test_answer_that_says_nothing_is_422(alder: Cast, said: dict[str, Any]) -> None:
    session = begin(alder.api)
    assert answer(alder.api, session, None, **said).status_code == 422
    assert answers_of(session) == []


@pytest.mark.parametrize(
    "change",
    [
        {"question_id": "q_no_such_question"},
        {"question_id": "q_rash_dangers"},
        {"question_id": "a\x00"},
        {"question_id": "x" * 101},
        {"raw_text": "x" * 4001},
        {"raw_text": "a\x00"},
        {"extracted_flags": ["a\x00"]},
        {"extracted_flags": ["f"] * 101},
        {"extracted_fields": {"sweating": "a\x00"}},
        {"field_confidences": {"sweating": 1.5}},
        {"field_confidences": {"sweating": "nan"}},
        {"skip": "perhaps"},
    ],
)
def test_impossible_answer_is_422_and_changes_nothing(alder: Cast, change: dict[str, Any]) -> None:
    session = begin(alder.api)
    assert answer(alder.api, session, "no", **change).status_code == 422
    assert answers_of(session) == []
    assert alder.api.get("/v1/admin/balance").json()["lifetime_used"] == 1


@pytest.mark.parametrize("text", [NOT_UNDERSTOOD, "", "   "])
def test_unclear_answer_is_asked_once_more_and_then_skipped(alder: Cast, text: str) -> None:
    session = begin(alder.api)
    first = answer(alder.api, session, text).json()
    again = first["current_question"]
    assert (again["question_id"], again["is_reask"]) == (session["current_question"]["question_id"], True)
    assert first["questions_asked"] == 0
    assert "once more" in first["warnings"][0]
    second = answer(alder.api, session, text).json()
    assert "skipped" in second["warnings"][0]
    assert second["questions_asked"] == 1
    assert second["current_question"]["question_id"] != again["question_id"]
    assert [reply["meta"]["tokens_charged"] for reply in (first, second)] == [8, 8]
    assert [row.is_skipped for row in answers_of(session)] == [True]


def test_unclear_answer_may_be_mended(alder: Cast) -> None:
    session = begin(alder.api)
    answer(alder.api, session, NOT_UNDERSTOOD)
    mended = answer(alder.api, session, "none of these").json()
    assert mended["warnings"] == []
    assert [(row.is_skipped, row.is_unclear) for row in answers_of(session)] == [(False, False)]


def test_skip_is_free_and_drops_what_was_said_with_it(alder: Cast) -> None:
    session = begin(alder.api)
    said: dict[str, Any] = {"extracted_fields": {"sweating": True}, "extracted_flags": ["acs_typical"]}
    reply = answer(alder.api, session, "canary", skip=True, **said)
    assert (reply["X-NessyAPI-Tokens-Charged"], reply.json()["extracted_fields"]) == ("0", {})
    assert reply.json()["questions_asked"] == 1
    row = answers_of(session)[0]
    assert (row.raw_text, row.findings, row.flags, row.is_skipped) == ("", {}, [], True)


def test_fields_of_the_client_win_over_the_text(alder: Cast) -> None:
    reply = answer(alder.api, begin(alder.api), "I am sweating", extracted_fields={"sweating": "no"}).json()
    assert reply["extracted_fields"] == {"sweating": False}


def test_flags_of_the_client_are_kept_beside_those_of_the_text(alder: Cast) -> None:
    text = "crushing pain, cold sweat, I fainted"
    alone = answer(alder.api, begin(alder.api), text).json()
    known = begin(alder.api, chief_complaint="chest pain", free_text="I fainted and am pale")["red_flags"]
    reply = answer(alder.api, begin(alder.api), text, extracted_flags=[*known[:1], "no_such_flag"]).json()
    assert set(reply["extracted_flags"]) == set(alone["extracted_flags"]) | set(known[:1])
    assert set(known[:1]) <= set(reply["red_flags_detected"])
    assert any("no_such_flag" in warning for warning in reply["warnings"])


def test_flag_sent_alone_is_an_answer(alder: Cast) -> None:
    flag = begin(alder.api, free_text="I fainted and am pale")["red_flags"][0]
    session = begin(alder.api)
    reply = answer(alder.api, session, None, extracted_flags=[flag]).json()
    assert flag in reply["red_flags_detected"]


def test_repeated_answer_costs_nothing_and_changes_nothing(alder: Cast) -> None:
    session = begin(alder.api)
    first = answer(alder.api, session, "none of these")
    again = answer(alder.api, session, "none of these")
    assert again.status_code == 200
    assert (again["X-NessyAPI-Tokens-Charged"], again.json()["meta"]["tokens_charged"]) == ("0", 0)
    for name in ("current_question", "questions_asked", "triage_level", "is_complete"):
        assert again.json()[name] == first.json()[name]
    assert alder.api.get("/v1/admin/balance").json()["lifetime_used"] == 9
    stored = Session.objects.using("system").get(id=session["session_id"])
    assert stored.event_sequence == _sequence_after_one_answer(alder)


def _sequence_after_one_answer(cast: Cast) -> int:
    session = begin(cast.api)
    answer(cast.api, session, "none of these")
    return Session.objects.using("system").get(id=session["session_id"]).event_sequence


@pytest.mark.parametrize("between", ["answer", "demographics", "route", "a_day"])
def test_answer_repeated_after_a_change_is_a_new_one(alder: Cast, between: str) -> None:
    session = begin(alder.api)
    path = f"/v1/sessions/{session['session_id']}"
    first = answer(alder.api, session, "none of these").json()
    if between == "answer":
        answer(alder.api, first, "2 hours")
    elif between == "demographics":
        alder.api.patch(f"{path}/demographics", {"age": 30})
    elif between == "route":
        alder.api.post(f"{path}/route", {"text": "chest pain since yesterday"})
    else:
        day_ago = timezone.now() - timedelta(hours=25)
        Session.objects.using("system").filter(id=session["session_id"]).update(last_input_at=day_ago)
    assert answer(alder.api, session, "none of these").json()["meta"]["tokens_charged"] == 8


def test_late_answer_overwrites_the_earlier_one(alder: Cast) -> None:
    session = begin(alder.api)
    after = answer(alder.api, session, "none of these").json()
    answer(alder.api, after, "2 hours")
    changed = answer(alder.api, session, "I am sweating and I fainted").json()
    assert changed["extracted_fields"]["sweating"] is True
    assert changed["questions_asked"] == 2
    assert changed["triage_level"] == "emergency"
    rows = answers_of(session)
    assert [row.question_id for row in rows][-1] == session["current_question"]["question_id"]
    assert (len(rows), rows[-1].tokens_charged) == (2, 16)


def test_question_of_the_branch_may_be_answered_early(alder: Cast) -> None:
    session = begin(alder.api)
    reply = answer(alder.api, session, "yes", question_id="q_chest_pain_at_rest")
    assert reply.status_code == 200
    body = reply.json()
    assert body["extracted_fields"] == {"chest_pain_at_rest": True}
    assert body["current_question"]["question_id"] == session["current_question"]["question_id"]


@pytest.mark.parametrize(
    ("question", "said", "field", "kept"),
    [("q_age", "I am 43", "age", 43), ("q_sex", "žena", "sex", "female"), ("q_sex", "male", "sex", "male")],
)
def test_age_and_sex_told_in_the_interview_become_demographics(
    alder: Cast, question: str, said: str, field: str, kept: object
) -> None:
    session = begin(alder.api, age=None, sex=None)
    assert answer(alder.api, session, said, question_id=question).status_code == 200
    assert alder.api.get(f"/v1/sessions/{session['session_id']}/state").json()[field] == kept


def test_interview_ends(alder: Cast) -> None:
    body = begin(alder.api, chief_complaint="sore throat", age=25, sex="female")
    for _ in range(30):
        if body["is_complete"]:
            break
        body = answer(alder.api, body, None, skip=True).json()
    assert body["is_complete"] is True
    assert body["current_question"] is None


def test_levels_only_rise_by_a_red_flag(alder: Cast) -> None:
    session = begin(alder.api, chief_complaint="sore throat", age=25)
    order = ["self_care", "routine", "urgent", "emergency"]
    flagged = answer(alder.api, session, "I cannot breathe and I am drooling").json()
    assert order.index(flagged["triage_level"]) >= order.index(session["triage_level"])
