"""Who did what: one row an act, chained, unchangeable, without what patients said."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from config.logs import JsonFormatter
from tenants.audit.models import AuditEvent
from tenants.audit.queries import verify_chain
from tenants.work import work_of
from tests.conftest import Cast
from tests.interviews import begin, finalized

LOG = "/v1/admin/audit-log"
CANARY = "kanarek"


def rows(cast: Cast) -> list[AuditEvent]:
    found = AuditEvent.objects.using("system").filter(tenant_id=cast.owner.tenant_id)
    return list(found.order_by("seq"))


def actions(cast: Cast) -> list[str]:
    return [row.action for row in rows(cast)]


ACTS: list[tuple[str, str, Any, str]] = [
    ("POST", "/v1/sessions", {"chief_complaint": "cough"}, "session.created"),
    ("POST", "/v1/sessions/{session}/route", {"text": "cough"}, "session.routed"),
    (
        "POST",
        "/v1/sessions/{session}/answer",
        {"question_id": "q_symptom_duration", "raw_text": "2 h"},
        "session.answered",
    ),
    ("PATCH", "/v1/sessions/{session}/demographics", {"age": 5}, "session.demographics_changed"),
    ("POST", "/v1/sessions/{session}/rectify", {"age": 5}, "session.rectified"),
    ("POST", "/v1/sessions/{session}/finalize", None, "session.finalized"),
    ("DELETE", "/v1/sessions/{session}", None, "session.erased"),
    ("GET", "/v1/sessions", None, "session.list_accessed"),
    ("GET", "/v1/sessions/{session}/state", None, "session.state_accessed"),
    ("GET", "/v1/sessions/{session}/questions", None, "session.questions_accessed"),
    ("GET", "/v1/sessions/{session}/results", None, "session.results_accessed"),
    ("GET", "/v1/sessions/{session}/export", None, "session.exported"),
    ("POST", "/v1/sessions/export", {}, "session.bulk_exported"),
    ("GET", "/v1/patients", None, "patient.list_accessed"),
    ("GET", "/v1/patients/p1/profile", None, "patient.profile_accessed"),
    ("GET", "/v1/patients/p1/sessions", None, "patient.sessions_accessed"),
    ("PUT", "/v1/patients/p1/profile", {"allergies": ["nuts"]}, "patient.updated"),
    ("DELETE", "/v1/patients/p1", None, "patient.erased"),
    ("POST", "/v1/admin/keys", {"name": "n"}, "api_key.created"),
    ("PATCH", "/v1/admin/keys/{key}", {"name": "n"}, "api_key.updated"),
    ("POST", "/v1/admin/keys/{key}/rotate", None, "api_key.rotated"),
    ("DELETE", "/v1/admin/keys/{key}", None, "api_key.revoked"),
    ("PUT", "/v1/admin/rate-limit", {"rate_limit_rpm": 500}, "rate_limit.override_changed"),
    ("PUT", "/v1/admin/tier", {"tier": "scale"}, "tier.changed"),
]


@pytest.mark.parametrize(("method", "path", "body", "action"), ACTS, ids=[act[-1] for act in ACTS])
def test_act_leaves_one_row_that_says_who(
    alder: Cast, method: str, path: str, body: Any, action: str
) -> None:
    session = begin(alder.api, patient_id="p1")["session_id"]
    other = alder.api.post("/v1/admin/keys", {"name": "other"}).json()["key_id"]
    me = alder.api.get("/v1/me").json()["key"]["key_id"]
    before = len(rows(alder))
    reply = alder.api.request(method, path.format(session=session, key=other), body)
    assert reply.status_code in (200, 201), reply.content
    added = rows(alder)[before:]
    assert [row.action for row in added] == [action]
    row = added[0]
    assert (row.actor_type, str(row.actor_id), row.livemode) == ("key", me, True)
    assert row.request_id == reply["X-Request-ID"]
    assert row.ip.startswith("fd")
    if "{session}" in path:
        assert (row.target_type, row.target_id) == ("session", session)
    assert "p1" not in row.target_id


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/sessions", {}),
        ("GET", "/v1/sessions/0192f0c1-0000-7000-8000-000000000000/results", None),
        ("POST", "/v1/admin/keys", {"name": ""}),
        ("GET", "/v1/me", None),
        ("GET", LOG, None),
    ],
    ids=str,
)
def test_refusals_and_reads_of_nobody_leave_no_row(alder: Cast, method: str, path: str, body: Any) -> None:
    before = actions(alder)
    alder.api.request(method, path, body)
    assert actions(alder) == before


def test_reads_by_a_key_are_recorded_once_an_hour(alder: Cast) -> None:
    session = begin(alder.api)["session_id"]
    path = f"/v1/sessions/{session}/results"
    other = alder.door()
    for api in (alder.api, alder.api, other, other):
        api.get(path)
    assert actions(alder).count("session.results_accessed") == 2
    alder.api.get(f"/v1/sessions/{begin(alder.api)['session_id']}/results")
    assert actions(alder).count("session.results_accessed") == 3


def test_read_an_hour_later_is_recorded_again(alder: Cast) -> None:
    session = begin(alder.api)["session_id"]
    alder.api.get(f"/v1/sessions/{session}/results")
    with _unlocked() as cursor:
        hour_ago = timezone.now() - timedelta(minutes=61)
        cursor.execute(
            "UPDATE tenants_auditevent SET created_at = %s WHERE target_id = %s", [hour_ago, session]
        )
    alder.api.get(f"/v1/sessions/{session}/results")
    assert actions(alder).count("session.results_accessed") == 2


@pytest.mark.parametrize("act", ["export", "list"])
def test_exports_and_patient_lists_are_recorded_every_time(alder: Cast, act: str) -> None:
    session = begin(alder.api)["session_id"]
    path = f"/v1/sessions/{session}/export" if act == "export" else "/v1/patients"
    for _ in range(2):
        alder.api.get(path)
    action = "session.exported" if act == "export" else "patient.list_accessed"
    assert actions(alder).count(action) == 2


def test_log_is_filtered_and_paged(alder: Cast) -> None:
    begin(alder.api)
    begin(alder.api)
    page = alder.api.get(LOG, {"action": "session.created", "limit": 1}).json()
    assert (page["total"], len(page["data"])) == (2, 1)
    today = timezone.now().date()
    assert alder.api.get(LOG, {"date_from": (today + timedelta(days=1)).isoformat()}).json()["total"] == 0
    assert alder.api.get(LOG, {"date_to": today.isoformat()}).json()["total"] >= 4
    assert alder.api.get(LOG, {"limit": 201}).status_code == 422


def check(cast: Cast) -> tuple[bool, int, Any]:
    with work_of(cast.owner):
        found = verify_chain(actor=cast.owner)
    return found.ok, found.checked, found.first_broken


def test_chain_of_a_busy_tenant_verifies(alder: Cast) -> None:
    finalized(alder.api)
    alder.api.post("/v1/admin/keys", {"name": "žluťoučký kůň"})
    assert check(alder) == (True, len(rows(alder)), None)
    assert [row.seq for row in rows(alder)] == list(range(1, len(rows(alder)) + 1))


@contextmanager
def _unlocked() -> Iterator[Any]:
    """A cursor of the owner with the trigger out of the way, as a superuser could work."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE tenants_auditevent DISABLE TRIGGER tenants_auditevent_append_only")
        yield cursor
        cursor.execute("ALTER TABLE tenants_auditevent ENABLE TRIGGER tenants_auditevent_append_only")


TAMPERINGS = {
    "edit": "UPDATE tenants_auditevent SET action = 'x' WHERE tenant_id = %(t)s AND seq = 2",
    "edit metadata": "UPDATE tenants_auditevent SET metadata = '{}' WHERE tenant_id = %(t)s AND seq = 2",
    "delete": "DELETE FROM tenants_auditevent WHERE tenant_id = %(t)s AND seq = 2",
    "reorder": "UPDATE tenants_auditevent SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END"
    " WHERE tenant_id = %(t)s AND seq IN (2, 3);"
    " UPDATE tenants_auditevent SET seq = -seq WHERE tenant_id = %(t)s AND seq < 0",
    "cut the tail": "DELETE FROM tenants_auditevent WHERE tenant_id = %(t)s"
    " AND seq = (SELECT max(seq) FROM tenants_auditevent WHERE tenant_id = %(t)s)",
    "all": "DELETE FROM tenants_auditevent WHERE tenant_id = %(t)s",
}


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_tampering_is_found(alder: Cast, kind: str) -> None:
    begin(alder.api)
    assert len(rows(alder)) >= 4
    second = rows(alder)[1].metadata
    with _unlocked() as cursor:
        if kind == "edit metadata":
            assert second != {}
        cursor.execute(TAMPERINGS[kind], {"t": alder.owner.tenant_id})
    ok, _, first_broken = check(alder)
    assert ok is False
    assert (first_broken is None) is (kind in ("cut the tail", "all"))


def run_as(role: str, cast: Cast, statement: str) -> None:
    with transaction.atomic(using=role), connections[role].cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(cast.owner.tenant_id)])
        cursor.execute(statement)


@pytest.mark.parametrize("role", ["default", "owner", "system"])
@pytest.mark.parametrize(
    "statement", ["UPDATE tenants_auditevent SET action = 'x'", "DELETE FROM tenants_auditevent"]
)
def test_no_role_changes_a_row(alder: Cast, role: str, statement: str) -> None:
    before = rows(alder)
    with pytest.raises(DatabaseError):
        run_as(role, alder, statement)
    assert [row.hash for row in rows(alder)] == [row.hash for row in before]


@pytest.mark.parametrize("table", ["billing_usagerecord", "billing_balanceentry"])
@pytest.mark.parametrize("role", ["default", "owner", "system"])
def test_ledger_rows_are_unchangeable_too(alder: Cast, role: str, table: str) -> None:
    begin(alder.api)
    with pytest.raises(DatabaseError):
        run_as(role, alder, f"DELETE FROM {table}")  # noqa: S608


def test_words_of_patients_are_in_no_log_audit_row_event_or_usage(
    alder: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        _say_the_canary_everywhere(alder)
    lines = [
        JsonFormatter().format(record) for record in caplog.records if record.name != "django.db.backends"
    ]
    assert len(lines) > 10
    assert CANARY not in "\n".join(lines).lower()
    for table in (
        "tenants_auditevent",
        "webhooks_app_event",
        "billing_usagerecord",
        "tenants_idempotentcall",
    ):
        with connections["system"].cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {table} t WHERE tenant_id = %s AND t::text ILIKE %s",  # noqa: S608
                [alder.owner.tenant_id, f"%{CANARY}%"],
            )
            assert cursor.fetchone() == (0,), table


def _say_the_canary_everywhere(cast: Cast) -> None:
    api = cast.api
    fields = {"initial_fields": {CANARY: CANARY}, "free_text": CANARY, "patient_id": "p1"}
    made = api.post("/v1/sessions", {"chief_complaint": f"cough {CANARY}", **fields}, Idempotency_Key="k")
    session = made.json()
    path = f"/v1/sessions/{session['session_id']}"
    question = session["current_question"]["question_id"]
    said = {"raw_text": CANARY, "extracted_fields": {CANARY: CANARY}, "extracted_flags": [CANARY]}
    api.post(f"{path}/answer", {"question_id": question, **said})
    api.post(f"{path}/answer", {"question_id": CANARY, "raw_text": CANARY})
    api.post(
        f"{path}/answer", {"question_id": question, "raw_text": CANARY, "field_confidences": {CANARY: 9}}
    )
    api.post(f"{path}/route", {"text": CANARY})
    api.post(f"{path}/rectify", {"age": 3, "reason": CANARY, "clear_answers": [CANARY]})
    api.post(f"{path}/rectify", {"age": 3, "reason": CANARY})
    api.post("/v1/sessions", f'{{"chief_complaint": "{CANARY}", '.encode())
    api.post(f"{path}/finalize")
    api.post(f"{path}/feedback", {"accuracy": "correct", "notes": CANARY, "actual_diagnosis": CANARY})
    lists = ("chronic_conditions", "current_medications", "allergies", "risk_factors", "family_history")
    profile = {name: [CANARY] for name in lists} | {"smoking_status": CANARY, "alcohol_status": CANARY}
    api.put("/v1/patients/p1/profile", profile)
    api.put(f"/v1/patients/{CANARY}/profile", profile)
    for query in ("", "/profile", "/sessions"):
        api.get(f"/v1/patients{'/' + CANARY + query if query else '?q=' + CANARY}")
    api.get("/v1/sessions", {"patient_id": CANARY, "chief_complaint": CANARY})
    api.post("/v1/sessions/export", {"patient_id": CANARY})
    api.delete(f"/v1/patients/{CANARY}")
