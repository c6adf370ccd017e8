from __future__ import annotations

import pytest

from tenants.work import work_of
from tests.conftest import Cast
from webhooks_app.events.catalogue import FIELDS
from webhooks_app.events.models import Event
from webhooks_app.events.operations import emit


def test_event_may_carry_only_its_fields(alder: Cast) -> None:
    with work_of(alder.owner), pytest.raises(ValueError, match="raw_text"):
        emit(actor=alder.owner, event_type="session.created", data={"raw_text": "canary"})


def test_unknown_event_is_refused(alder: Cast) -> None:
    with work_of(alder.owner), pytest.raises(KeyError):
        emit(actor=alder.owner, event_type="session.imagined", data={})


def test_event_is_written_with_the_work_or_not_at_all(alder: Cast) -> None:
    events = Event.objects.using("system").filter(tenant_id=alder.owner.tenant_id)
    with pytest.raises(ZeroDivisionError), work_of(alder.owner):  # noqa: PT012
        emit(actor=alder.owner, event_type="webhook.test", data={"message": "hello"})
        raise ZeroDivisionError
    assert not events.exists()
    with work_of(alder.owner):
        emit(actor=alder.owner, event_type="webhook.test", data={"message": "hello"})
    assert [event.data for event in events] == [{"message": "hello"}]


def test_no_event_has_room_for_words() -> None:
    words = {"raw_text", "text", "free_text", "notes", "complaint_text", "clinical_summary", "reason"}
    assert not words & set().union(*FIELDS.values())
