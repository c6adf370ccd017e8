"""A finalized session cannot be changed, not even past the operations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError

from sessions_app.sessions.models import Answer, Session
from tenants.work import work_of
from tests.conftest import Cast


def _answer_again(session: Session) -> None:
    Answer.objects.create(
        tenant_id=session.tenant_id,
        session=session,
        place=99,
        question_id="q_late",
        triage_level="routine",
        request_id="late",
        answered_at=session.created_at,
    )


def _lower_level(session: Session) -> None:
    Session.objects.filter(tenant_id=session.tenant_id, id=session.id).update(triage_level="self_care")


def _change_answer(session: Session) -> None:
    Answer.objects.filter(tenant_id=session.tenant_id, session_id=session.id).update(raw_text="other")


@pytest.mark.parametrize("change", [_answer_again, _lower_level, _change_answer])
@pytest.mark.parametrize("is_finalized", [False, True])
def test_only_an_open_session_can_be_changed(
    alder: Cast, change: Callable[[Session], None], is_finalized: bool
) -> None:
    made = alder.api.post("/v1/sessions", {"chief_complaint": "cough", "age": 30, "sex": "male"}).json()
    path = f"/v1/sessions/{made['session_id']}"
    question_id = made["current_question"]["question_id"]
    assert alder.api.post(f"{path}/answer", {"question_id": question_id, "raw_text": "no"}).status_code == 200
    if is_finalized:
        assert alder.api.post(f"{path}/finalize").status_code == 200
    with work_of(alder.owner):
        session = Session.objects.for_actor(alder.owner).get(id=made["session_id"])
    if is_finalized:
        with pytest.raises(IntegrityError, match="read-only"), work_of(alder.owner):
            change(session)
    else:
        with work_of(alder.owner):
            change(session)
