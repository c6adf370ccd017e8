"""Each session call of the public client, and each typed field of what it returns."""

from __future__ import annotations

from typing import Any

from tests.sdk.conftest import unfilled

COMPLAINT = "chest pain"
HEART_ATTACK = "crushing chest pain for two hours, it spreads to my left arm, I am sweating"


def charge(livemode: bool, tokens: int) -> int:
    return tokens if livemode else 0


def began(client: Any, **more: Any) -> Any:
    return client.create_session(COMPLAINT, age=58, sex="male", **more)


def finished(client: Any, **more: Any) -> Any:
    session = began(client, free_text=HEART_ATTACK, **more)
    return client.finalize(session.session_id)


def test_create_session_fills_every_field(client: Any, livemode: bool) -> None:
    session = began(client, free_text="it began two hours ago", patient_id="anna-1")
    assert unfilled(session) == set()
    assert (session.status, session.tokens_charged) == ("active", charge(livemode, 1))
    assert session.meta.tokens_charged == session.tokens_charged
    assert session.raw["livemode"] is livemode
    assert session.raw["chief_complaint"] == "chest_pain"
    assert "symptom_duration" in session.raw["extracted_fields"]


def test_questions_have_every_field(client: Any) -> None:
    session = began(client)
    assert unfilled(session.current_question) == set()
    assert session.current_question.is_red_flag is True
    assert session.current_question.branch == "chest_pain"


def test_answer_fills_every_field(client: Any, livemode: bool) -> None:
    session = began(client)
    answer = client.answer(
        session.session_id,
        session.current_question.question_id,
        raw_text="I fainted",
        extracted_fields={"syncope": True, "no_such_finding": 1},
    )
    # An emergency is the end of the interview.
    ends = {"current_question"} if answer.is_complete else {"is_complete"}
    assert unfilled(answer) == ends
    assert answer.session_id == session.session_id
    assert (answer.questions_asked, answer.tokens_charged) == (1, charge(livemode, 8))
    assert answer.triage_level == "emergency"
    assert answer.extracted_fields["syncope"] is True
    assert answer.red_flags_detected


def test_answer_by_flags_is_taken(client: Any) -> None:
    session = began(client)
    question = session.current_question
    answer = client.answer(session.session_id, question.question_id, extracted_flags=["syncope"])
    assert answer.triage_level == "emergency"


def test_skipped_answer_costs_nothing(client: Any) -> None:
    session = began(client)
    answer = client.answer(session.session_id, session.current_question.question_id, skip=True)
    assert (answer.tokens_charged, answer.questions_asked) == (0, 1)
    assert answer.current_question.question_id != session.current_question.question_id


def test_route_fills_every_field(client: Any, livemode: bool) -> None:
    session = client.create_session("I do not feel well", age=58)
    routed = client.route(session.session_id, "crushing chest pain, I fainted")
    assert unfilled(routed) <= {"questions_asked", "warnings", "is_complete", "current_question"}
    assert routed.tokens_charged == charge(livemode, 5)
    assert routed.triage_level == "emergency"
    assert routed.raw["chief_complaint"] == "chest_pain"
    assert routed.raw["diagnosis_hints"]


def test_results_and_finalize_fill_every_field(client: Any) -> None:
    session = began(client, free_text=HEART_ATTACK)
    client.answer(session.session_id, "q_pain_severity", raw_text="8")
    results = client.get_results(session.session_id)
    final = client.finalize(session.session_id)
    for found in (results, final):
        assert unfilled(found) == set()
        assert found.meta is not None
        assert found.tokens_charged == 0
        assert found.questions_asked == 1
        assert found.primary_diagnosis == found.differentials[0].diagnosis
        assert found.primary_diagnosis_icd == found.differentials[0].icd10
        assert found.primary_probability == found.differentials[0].probability
        assert not any(unfilled(one) for one in found.differentials)
    assert final.raw["status"] == "finalized"
    assert final.raw["clinical_summary"]


def test_questions_list_fills_every_field(client: Any) -> None:
    session = began(client)
    client.answer(session.session_id, session.current_question.question_id, raw_text="none of these")
    listed = client.get_questions(session.session_id)
    assert unfilled(listed) == set()
    assert listed.questions_asked == 1
    assert listed.questions_total == len(listed.questions) > 1
    assert listed.current_question_id in {question.question_id for question in listed.questions}
    assert listed.raw["questions"][0]["answered"] is True


def test_state_follows_demographics(client: Any) -> None:
    session = began(client)
    changed = client.update_demographics(session.session_id, age=61, sex="female")
    state = client.get_state(session.session_id)
    assert (state["age"], state["sex"], state["status"]) == (61, "female", "active")
    assert state == changed


def test_feedback_is_in_the_export(client: Any) -> None:
    final = finished(client)
    told = client.submit_feedback(
        final.session_id,
        "partially_correct",
        actual_diagnosis="Pericarditis",
        actual_icd10="I30.9",
        notes="ECG",
    )
    assert told["accuracy"] == "partially_correct"
    record = client.export_session(final.session_id)
    assert record["feedback"] | told == record["feedback"] | {"session_id": final.session_id}
    assert record["feedback"]["actual_icd10"] == "I30.9"
    assert record["clinical_summary"] == final.raw["clinical_summary"]


def test_sessions_are_listed_by_status_and_patient(client: Any) -> None:
    final = finished(client, patient_id="anna-1")
    began(client, patient_id="anna-1")
    began(client, patient_id="boris-2")
    listed = client.list_sessions(status="finalized", patient_id="anna-1", limit=10)
    assert unfilled(listed) == set()
    assert listed.total == 1
    assert listed.sessions[0].session_id == final.session_id
    assert unfilled(listed.sessions[0]) <= {"questions_asked"}
    assert client.list_sessions(patient_id="anna-1", limit=1, offset=1).total == 2


def test_assessment_with_every_question_skipped(client: Any) -> None:
    before = client.get_balance().balance
    final = client.run_assessment("headache", age=35, sex="female", max_questions=60)
    assert final.raw["status"] == "finalized"
    assert final.questions_asked > 3
    assert before - client.get_balance().balance in {0, 1}


def test_assessment_with_answers_uses_them(client: Any, livemode: bool) -> None:
    before = client.get_balance().balance
    final = client.run_assessment(
        COMPLAINT,
        age=58,
        sex="male",
        answers={"q_chest_pain_dangers": "cold sweat", "no_such_question": "yes"},
    )
    assert final.triage_level == "emergency"
    assert final.raw["status"] == "finalized"
    assert before - client.get_balance().balance == charge(livemode, 1 + 8)
