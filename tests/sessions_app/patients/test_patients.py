"""What a partner keeps of a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone
from psycopg import sql

from sessions_app.patients.models import Patient
from sessions_app.sessions.models import Session
from tenants.limits.models import IdempotentCall
from tests.conftest import Cast
from tests.interviews import CHEST_PAIN, answer, begin, finalized
from webhooks_app.events.models import Event

LISTS = ["chronic_conditions", "current_medications", "allergies", "risk_factors", "family_history"]
TEXTS = ["smoking_status", "alcohol_status"]


def put(cast: Cast, patient: Any = "p1", **facts: Any) -> dict[str, Any]:
    reply = cast.api.put(f"/v1/patients/{patient}/profile", facts)
    assert reply.status_code == 200, reply.content
    body: dict[str, Any] = reply.json()
    return body


def listed(cast: Cast, **query: Any) -> list[str]:
    page = cast.api.get("/v1/patients", query)
    assert page.status_code == 200, page.content
    return [patient["partner_patient_id"] for patient in page.json()["data"]]


def test_new_profile_is_empty_but_for_what_was_put(alder: Cast) -> None:
    profile = put(alder, allergies=["nuts"])
    assert profile["allergies"] == ["nuts"]
    assert [profile[name] for name in LISTS if name != "allergies"] == [[], [], [], []]
    assert [profile[name] for name in TEXTS] == ["", ""]
    assert (profile["age"], profile["sex"], profile["sessions_count"]) == (None, None, 0)
    assert profile["last_session_at"] is None
    assert alder.api.get("/v1/patients/p1/profile").json() == profile


@pytest.mark.parametrize("field", LISTS)
def test_lists_are_merged_in_order_without_doubles(alder: Cast, field: str) -> None:
    put(alder, **{field: ["Aspirin", " nuts ", "aspirin", ""]})
    assert put(alder, **{field: ["NUTS", "Straße", "STRASSE", "milk"]})[field] == [
        "Aspirin",
        "nuts",
        "Straße",
        "milk",
    ]


@pytest.mark.parametrize("field", TEXTS)
def test_texts_are_replaced(alder: Cast, field: str) -> None:
    put(alder, **{field: "never"})
    assert put(alder, **{field: "daily"})[field] == "daily"
    assert put(alder, **{field: None})[field] == "daily"
    assert put(alder, **{field: ""})[field] == ""


def test_null_and_absent_fields_are_unchanged(alder: Cast) -> None:
    before = put(alder, allergies=["nuts"], smoking_status="never")
    same = put(alder, allergies=None, other="x")
    assert same == before


@pytest.mark.parametrize(
    "facts",
    [
        {"allergies": ["x"] * 201},
        {"allergies": ["x" * 201]},
        {"allergies": ["a\x00"]},
        {"allergies": "nuts"},
        {"allergies": [None]},
        {"smoking_status": "x" * 51},
        {"smoking_status": "\x00"},
    ],
)
def test_impossible_fact_is_422_and_makes_no_patient(alder: Cast, facts: dict[str, Any]) -> None:
    assert alder.api.put("/v1/patients/p1/profile", facts).status_code == 422
    assert listed(alder) == []


def test_list_holds_200_items_in_all(alder: Cast) -> None:
    put(alder, allergies=[f"a{number}" for number in range(200)])
    put(alder, allergies=["a7", "A8"])
    assert alder.api.put("/v1/patients/p1/profile", {"allergies": ["one more"]}).status_code == 422


GOOD_IDS = ["a", "0", "A.b_c:d-e", "9" * 100]
BAD_IDS = ["-a", ".a", "_a", ":a", "a b", "a%2Fb", "č", "a%00", "9" * 101, "%0A", "a%0A"]


@pytest.mark.parametrize("patient", GOOD_IDS)
def test_partner_id_is_taken_as_it_is(alder: Cast, patient: str) -> None:
    assert put(alder, patient)["partner_patient_id"] == patient
    assert alder.api.get(f"/v1/patients/{patient}/profile").status_code == 200
    assert alder.api.delete(f"/v1/patients/{patient}").status_code == 200


@pytest.mark.parametrize("patient", BAD_IDS)
def test_impossible_partner_id_is_422_on_writing_and_404_on_reading(alder: Cast, patient: str) -> None:
    written = alder.api.put(f"/v1/patients/{patient}/profile", {}).status_code
    assert written == (404 if "%2F" in patient else 422)
    for method, path in (("GET", "/profile"), ("GET", "/sessions"), ("DELETE", "")):
        assert alder.api.request(method, f"/v1/patients/{patient}{path}").status_code == 404


def test_unknown_patient_is_404(alder: Cast) -> None:
    for method, path in (("GET", "/profile"), ("GET", "/sessions"), ("DELETE", "")):
        assert alder.api.request(method, f"/v1/patients/nobody{path}").status_code == 404
    assert listed(alder) == []


def test_age_and_sex_are_those_of_the_latest_session(alder: Cast) -> None:
    begin(alder.api, patient_id="p1", age=20, sex="male")
    latest = begin(alder.api, patient_id="p1", age=21, sex=None)
    profile = alder.api.get("/v1/patients/p1/profile").json()
    assert (profile["age"], profile["sex"], profile["sessions_count"]) == (21, None, 2)
    assert profile["last_session_at"] == latest["created_at"]


def test_list_is_newest_updated_first_with_counts(alder: Cast) -> None:
    for patient in ("p1", "p2", "p3"):
        put(alder, patient)
    put(alder, "p1", allergies=["nuts"])
    begin(alder.api, patient_id="p2")
    finalized(alder.api, patient_id="p2")
    assert listed(alder) == ["p1", "p3", "p2"]
    row = alder.api.get("/v1/patients", {"partner_patient_id": "p2"}).json()["data"][0]
    assert (row["session_count_total"], row["session_count_active"]) == (2, 1)


def test_list_is_paged_by_cursor_without_gap_or_double(alder: Cast) -> None:
    names = [f"p{number}" for number in range(7)]
    for name in names:
        put(alder, name)
    # Four of one instant: the id breaks the tie.
    Patient.objects.using("system").filter(
        tenant_id=alder.owner.tenant_id, partner_patient_id__in=names[:4]
    ).update(updated_at=timezone.now() - timedelta(hours=1))
    seen: list[str] = []
    cursor: str | None = ""
    for _ in range(4):
        page = alder.api.get("/v1/patients", {"limit": 2, "cursor": cursor}).json()
        seen += [row["partner_patient_id"] for row in page["data"]]
        cursor = page["next_cursor"]
        assert page["limit"] == 2
    assert cursor is None
    assert sorted(seen) == names
    assert seen[:3] == ["p6", "p5", "p4"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "W10",
        "e30",
        "WyIyMDI2IiwgMV0",
        "bnVsbA",
        "MQ",
        "WyIyMDI2LTAxLTAxIiwieCJd",
        "č",
        "x" * 201,
    ],
)
def test_cursor_that_we_did_not_make_is_422(alder: Cast, cursor: str) -> None:
    put(alder)
    assert alder.api.get("/v1/patients", {"cursor": cursor}).status_code == 422


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"q": "a\x00"}, {"q": "x" * 101}])
def test_impossible_search_is_422(alder: Cast, query: dict[str, Any]) -> None:
    assert alder.api.get("/v1/patients", query).status_code == 422


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "ALPHA"}, {"alpha-1", "x.Alpha-2"}),
        ({"q": "a-1"}, {"alpha-1"}),
        ({"q": "%"}, set()),
        ({"q": "_"}, {"under_score"}),
        ({"partner_patient_id": "alpha-1"}, {"alpha-1"}),
        ({"partner_patient_id": "ALPHA-1"}, set()),
        ({"partner_patient_id": "alpha-1", "q": "score"}, {"alpha-1"}),
        ({"q": ""}, {"alpha-1", "x.Alpha-2", "under_score"}),
    ],
)
def test_search_is_by_part_or_exact(alder: Cast, query: dict[str, str], found: set[str]) -> None:
    for patient in ("alpha-1", "x.Alpha-2", "under_score"):
        put(alder, patient)
    assert set(listed(alder, **query)) == found


def test_sessions_of_a_patient_are_an_array(alder: Cast) -> None:
    first = begin(alder.api, patient_id="p1")
    last = finalized(alder.api, patient_id="p1")
    begin(alder.api, patient_id="p2")
    reply = alder.api.get("/v1/patients/p1/sessions")
    assert [row["session_id"] for row in reply.json()] == [last["session_id"], first["session_id"]]
    assert [row["status"] for row in reply.json()] == ["finalized", "active"]
    assert reply.json()[0]["primary_diagnosis"] == last["primary_diagnosis"]
    assert reply["X-Total-Count"] == "2"
    paged = alder.api.get("/v1/patients/p1/sessions", {"limit": 1, "offset": 1})
    assert [row["session_id"] for row in paged.json()] == [first["session_id"]]
    assert paged["X-Total-Count"] == "2"


def test_modes_have_patients_of_their_own(alder: Cast) -> None:
    tester = alder.door(test=True)
    put(alder, allergies=["nuts"])
    assert tester.get("/v1/patients/p1/profile").status_code == 404
    assert tester.put("/v1/patients/p1/profile", {}).json()["allergies"] == []
    assert tester.delete("/v1/patients/p1").status_code == 200
    assert alder.api.get("/v1/patients/p1/profile").json()["allergies"] == ["nuts"]


def test_erased_patient_is_gone_with_everything(alder: Cast) -> None:
    put(alder, allergies=["nuts"])
    other = begin(alder.api, patient_id="p2")
    gone = alder.api.post("/v1/sessions", CHEST_PAIN | {"patient_id": "p1"}, Idempotency_Key="k").json()
    answer(alder.api, gone)
    closed = finalized(alder.api, patient_id="p1")
    alder.api.post(f"/v1/sessions/{closed['session_id']}/feedback", {"accuracy": "correct"})
    erased = alder.api.delete("/v1/patients/p1")
    deleted = dict(erased.json()["deleted"])
    # Created twice, answered, two red flags or rises at the most, finalized with its assessment.
    assert deleted.pop("events") >= 5
    assert deleted == {"profiles": 1, "sessions": 2, "answers": 1, "feedback": 1, "stored_replies": 1}
    tenant = {"tenant_id": alder.owner.tenant_id}
    assert [str(row.id) for row in Session.objects.using("system").filter(**tenant)] == [other["session_id"]]
    assert not IdempotentCall.objects.using("system").filter(**tenant).exists()
    told = Event.objects.using("system").filter(**tenant)
    assert {str(event.session_id) for event in told} == {other["session_id"]}
    assert listed(alder) == ["p2"]
    assert alder.api.get("/v1/patients/p1/profile").status_code == 404
    log = alder.api.get("/v1/admin/audit-log", {"action": "patient.erased"}).json()["data"]
    assert [event["metadata"] for event in log] == [{"deleted": erased.json()["deleted"]}]


def test_no_table_holds_anything_of_an_erased_patient(alder: Cast) -> None:
    partner_id, word = f"pid-{uuid4().hex}", "xylophonitis"
    put(alder, partner_id, allergies=[word], smoking_status=word)
    session = begin(alder.api, patient_id=partner_id, free_text=f"I have {word} and a fever")
    alder.api.post(f"/v1/sessions/{session['session_id']}/route", {"text": f"cough with {word}"})
    answer(alder.api, session, f"no, only {word}", Idempotency_Key="k")
    alder.api.post(f"/v1/sessions/{session['session_id']}/finalize")
    noted = {"accuracy": "incorrect", "actual_diagnosis": word, "notes": word}
    alder.api.post(f"/v1/sessions/{session['session_id']}/feedback", noted)
    assert {table for table, _ in found_in(word)} >= {"sessions_app_patient", "sessions_app_answer"}
    ids = {str(row.id) for row in Patient.objects.using("system").filter(partner_patient_id=partner_id)}
    assert alder.api.delete(f"/v1/patients/{partner_id}").status_code == 200
    assert found_in(word) == found_in(partner_id) == set()
    # What may be kept: what was charged, and the trail of who did what to which id.
    kept = {table for one in {*ids, session["session_id"]} for table, _ in found_in(one)}
    assert kept == {"billing_usagerecord", "tenants_auditevent"}
    assert alder.api.get("/v1/admin/audit/verify").json()["ok"]


def found_in(text: str) -> set[tuple[str, str]]:
    """Every (table, column) of the database in which the text stands somewhere."""
    columns = """
        SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables
            USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
    """
    with connections["system"].cursor() as cursor:
        cursor.execute(columns)
        found = set()
        for table, column in cursor.fetchall():
            place = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE strpos({}::text, %s) > 0)").format(
                sql.Identifier(table), sql.Identifier(column)
            )
            cursor.execute(place, [text])
            if cursor.fetchone()[0]:
                found.add((table, column))
    return found


def test_every_listing_of_patients_is_recorded(alder: Cast) -> None:
    for _ in range(2):
        listed(alder)
    log = alder.api.get("/v1/admin/audit-log", {"action": "patient.list_accessed"}).json()
    assert log["total"] == 2


def test_put_records_the_names_of_the_fields(alder: Cast) -> None:
    put(alder, allergies=["nuts"], smoking_status="daily")
    put(alder, allergies=["NUTS"])
    log = alder.api.get("/v1/admin/audit-log", {"action": "patient.updated"}).json()["data"]
    assert [event["metadata"] for event in log] == [{"fields": ["allergies", "smoking_status"]}]
