"""Two patients from complaint to result, in English and in Czech."""

from __future__ import annotations

from typing import Any

import pytest

HEART = {
    "en": "Crushing chest pain for 30 minutes, it spreads to my left arm and I am sweating",
    "cs": "svíravá bolest na hrudi 30 minut, vystřeluje do levé ruky, potím se",
}
COLD = {
    "en": "Two days of runny nose and sore throat, no fever",
    "cs": "dva dny rýma a bolest v krku, bez teploty",
}
NO = {"en": "no", "cs": "ne"}


def interviewed(client: Any, session: Any, text: str) -> list[Any]:
    """Give the same answer to every question; the replies."""
    replies: list[Any] = []
    question = session.current_question
    while question is not None and len(replies) < 30:
        replies.append(client.answer(session.session_id, question.question_id, raw_text=text))
        question = replies[-1].current_question
    return replies


@pytest.mark.parametrize("language", ["en", "cs"])
def test_heart_attack_told_at_once_is_an_emergency(client: Any, language: str) -> None:
    session = client.create_session(HEART[language], age=58, sex="male")
    assert session.triage_level == "emergency"
    final = client.finalize(session.session_id)
    assert final.triage_level == "emergency"
    assert final.differentials[0].diagnosis == "Acute Coronary Syndrome"
    assert final.red_flags


def test_heart_attack_told_by_answers_is_an_emergency_by_the_second(client: Any) -> None:
    session = client.create_session("chest pain", age=58, sex="male")
    question, told = session.current_question, ["I am sweating", "to the left arm"]
    levels = []
    for text in told:
        answer = client.answer(session.session_id, question.question_id, raw_text=text)
        levels.append(answer.triage_level)
        question = answer.current_question
        if question is None:
            break
    assert levels[-1] == "emergency"
    final = client.finalize(session.session_id)
    assert final.differentials[0].diagnosis == "Acute Coronary Syndrome"


@pytest.mark.parametrize("language", ["en", "cs"])
def test_common_cold_is_self_care(client: Any, language: str) -> None:
    session = client.create_session(COLD[language], age=25, sex="female")
    assert session.current_question.is_red_flag
    interviewed(client, session, NO[language])
    final = client.finalize(session.session_id)
    assert final.triage_level == "self_care"
    assert "Common Cold" in [one.diagnosis for one in final.differentials[:3]]
    assert not final.red_flags
