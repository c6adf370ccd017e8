"""Interviews through the API door, in a few words."""

from __future__ import annotations

from typing import Any

from tests.conftest import Api

CHEST_PAIN = {"chief_complaint": "chest_pain", "age": 58, "sex": "male"}


def begin(api: Api, **fields: Any) -> dict[str, Any]:
    """A new session's first reply; chest pain of a man of 58 unless told otherwise."""
    made = api.post("/v1/sessions", CHEST_PAIN | fields)
    assert made.status_code == 201, made.content
    body: dict[str, Any] = made.json()
    return body


def answer(api: Api, session: dict[str, Any], text: str | None = "no", **fields: Any) -> Any:
    """The response to an answer to the session's current question, or to another one."""
    question = fields.pop("question_id", None) or session["current_question"]["question_id"]
    said = {} if text is None else {"raw_text": text}
    path = f"/v1/sessions/{session['session_id']}/answer"
    return api.post(path, {"question_id": question, **said, **fields})


def finalized(api: Api, **fields: Any) -> dict[str, Any]:
    """A session that was begun and finalized at once; the reply to finalize."""
    session = begin(api, **fields)
    closed = api.post(f"/v1/sessions/{session['session_id']}/finalize")
    assert closed.status_code == 200, closed.content
    body: dict[str, Any] = closed.json()
    return body
