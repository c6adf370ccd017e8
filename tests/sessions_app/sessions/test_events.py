"""What a session puts into the outbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from sessions_app.sessions.corrections import expire_session
from sessions_app.sessions.models import Session
from sessions_app.sessions.tasks import expire_idle
from tests.conftest import Cast
from tests.interviews import answer, begin
from webhooks_app.events.catalogue import FIELDS
from webhooks_app.events.models import Event

CALM = {"chief_complaint": "sore throat", "age": 25, "sex": "female"}
ALARM = "I fainted, cold sweat, short of breath"


def events(session: dict[str, Any]) -> list[Event]:
    rows = Event.objects.using("system").filter(session_id=session["session_id"])
    return list(rows.order_by("sequence"))


def types(session: dict[str, Any]) -> list[str]:
    return [event.event_type for event in events(session)]


def test_creation_tells_of_the_session(alder: Cast) -> None:
    session = begin(alder.api, **CALM, patient_id="p1")
    told = events(session)[0]
    assert (told.event_type, told.sequence, told.livemode) == ("session.created", 1, True)
    assert told.data == {
        "session_id": session["session_id"],
        "patient_id": "p1",
        "chief_complaint": "sore_throat",
        "status": "active",
        "questions_asked": 0,
        "triage_level": session["triage_level"],
    }


def test_creation_of_an_urgent_session_tells_of_the_rise(alder: Cast) -> None:
    session = begin(alder.api, free_text=ALARM)
    told = {event.event_type: event.data for event in events(session)}
    assert told["triage.escalated"] == {
        "session_id": session["session_id"],
        "from": "self_care",
        "to": "emergency",
    }
    flags = [event.data["flag"] for event in events(session) if event.event_type == "red_flag.detected"]
    assert flags == session["red_flags"] != []


def test_calm_session_tells_of_no_rise(alder: Cast) -> None:
    session = begin(alder.api, **CALM)
    if session["triage_level"] in ("self_care", "routine"):
        assert types(session) == ["session.created"]


def test_answer_tells_its_question_and_whether_it_was_skipped(alder: Cast) -> None:
    session = begin(alder.api, **CALM)
    first = answer(alder.api, session, "none of these").json()
    answer(alder.api, first, None, skip=True)
    told = [event.data for event in events(session) if event.event_type == "session.answered"]
    assert [(data["question_id"], data["skipped"]) for data in told] == [
        (session["current_question"]["question_id"], False),
        (first["current_question"]["question_id"], True),
    ]


def test_flag_is_told_once(alder: Cast) -> None:
    session = begin(alder.api)
    answer(alder.api, session, ALARM)
    answer(alder.api, session, None, skip=True, question_id="q_symptom_duration")
    answer(alder.api, session, ALARM + " and pale")
    flags = [event.data["flag"] for event in events(session) if event.event_type == "red_flag.detected"]
    assert len(flags) == len(set(flags)) >= 1
    assert types(session).count("triage.escalated") == 2


def test_demographics_and_route_may_escalate(alder: Cast) -> None:
    session = begin(alder.api, **CALM)
    path = f"/v1/sessions/{session['session_id']}/route"
    alder.api.post(path, {"text": f"chest pain. {ALARM}"})
    rises = [event.data for event in events(session) if event.event_type == "triage.escalated"]
    assert rises[-1]["to"] == "emergency"


def test_finalize_tells_the_assessment(alder: Cast) -> None:
    session = begin(alder.api)
    final = alder.api.post(f"/v1/sessions/{session['session_id']}/finalize").json()
    *_, closed, assessed = events(session)
    assert (closed.event_type, assessed.event_type) == ("session.finalized", "assessment.completed")
    assert closed.data["status"] == assessed.data["status"] == "finalized"
    for name in ("primary_diagnosis", "primary_diagnosis_icd", "primary_probability"):
        assert assessed.data[name] == final[name]
    assert assessed.data["red_flags"] == [flag["flag"] for flag in final["red_flags"]]


def test_every_event_keeps_to_its_fields_and_is_numbered(alder: Cast) -> None:
    session = begin(alder.api, free_text=ALARM, patient_id="p1")
    answer(alder.api, session, "canary words of mine", question_id="q_symptom_duration")
    alder.api.post(f"/v1/sessions/{session['session_id']}/finalize")
    told = events(session)
    assert [event.sequence for event in told] == list(range(1, len(told) + 1))
    for event in told:
        assert set(event.data) <= FIELDS[event.event_type]
        assert "canary" not in str(event.data)


def test_reads_and_refusals_tell_nothing(alder: Cast) -> None:
    session = begin(alder.api)
    before = types(session)
    path = f"/v1/sessions/{session['session_id']}"
    for act in ("state", "questions", "results", "export"):
        alder.api.get(f"{path}/{act}")
    answer(alder.api, session, "no", question_id="q_nothing")
    alder.api.post(f"{path}/feedback", {"accuracy": "correct"})
    assert types(session) == before


def test_test_key_makes_test_events(alder: Cast) -> None:
    assert {event.livemode for event in events(begin(alder.door(test=True)))} == {False}


def make_idle(session: dict[str, Any]) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Session.objects.using("system").filter(id=session["session_id"]).update(expires_at=past)


@pytest.mark.parametrize("test", [False, True])
def test_idle_session_expires_and_tells_it_once(alder: Cast, test: bool) -> None:
    api = alder.door(test=test)
    idle, busy = begin(api), begin(api)
    make_idle(idle)
    expire_idle()
    expire_idle()
    states = [api.get(f"/v1/sessions/{s['session_id']}/state").json()["status"] for s in (idle, busy)]
    assert states == ["expired", "active"]
    assert types(idle).count("session.timeout") == 1
    assert events(idle)[-1].data["status"] == "expired"
    log = api.get("/v1/admin/audit-log", {"action": "session.expired"}).json()["data"]
    assert [(event["target_id"], event["actor_type"]) for event in log] == [(idle["session_id"], "system")]


def test_session_answered_in_the_meantime_does_not_expire(alder: Cast) -> None:
    session = begin(alder.api)
    assert expire_session(actor=alder.owner, session_id=UUID(session["session_id"])) is False
    assert "session.timeout" not in types(session)


def test_session_lives_24_hours_from_its_last_answer(alder: Cast) -> None:
    session = begin(alder.api)
    make_idle_in = timezone.now() + timedelta(minutes=1)
    Session.objects.using("system").filter(id=session["session_id"]).update(expires_at=make_idle_in)
    answer(alder.api, session)
    left = Session.objects.using("system").get(id=session["session_id"]).expires_at - timezone.now()
    assert timedelta(hours=23) < left <= timedelta(hours=24)
