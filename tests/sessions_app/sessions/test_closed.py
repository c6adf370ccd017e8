"""A closed session asks nothing more."""

from __future__ import annotations

from datetime import timedelta

from sessions_app.sessions.models import Session
from sessions_app.sessions.tasks import expire_idle
from tests.conftest import Cast
from tests.interviews import begin


def test_finalized_session_is_complete_after_no_answer(alder: Cast) -> None:
    path = f"/v1/sessions/{begin(alder.api)['session_id']}"
    assert alder.api.get(f"{path}/state").json()["is_complete"] is False
    alder.api.post(f"{path}/finalize")
    state = alder.api.get(f"{path}/state").json()
    assert (state["is_complete"], state["current_question"]) == (True, None)


def test_expired_session_is_complete(alder: Cast) -> None:
    session_id = begin(alder.api)["session_id"]
    sessions = Session.objects.using("system").filter(id=session_id)
    sessions.update(expires_at=sessions.get().created_at - timedelta(seconds=1))
    expire_idle()
    state = alder.api.get(f"/v1/sessions/{session_id}/state").json()
    assert (state["status"], state["is_complete"]) == ("expired", True)
