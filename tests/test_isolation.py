"""Nobody reaches another tenant's rows, nor a test key live ones: through any door, nor past it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from tenants.rls import tenant_transaction
from tests.conftest import Api, Cast
from tests.interviews import answer, begin, finalized
from tests.routes import Route, all_routes

NOBODYS = {
    "session_id": "0192f0c1-0000-7000-8000-000000000000",
    "key_id": "0192f0c1-0000-7000-8000-000000000000",
    "patient_id": "nobody",
}
# Valid for its path, so that nothing but the object is refused.
BODIES: dict[str, dict[str, Any]] = {
    "answer": {"question_id": "q_symptom_duration", "raw_text": "2 hours"},
    "route": {"text": "cough"},
    "feedback": {"accuracy": "correct"},
    "demographics": {"age": 5},
    "rectify": {"age": 5, "remove": {"allergies": ["nuts"]}},
}
OBJECT_ROUTES = [route for route in all_routes() if "{" in route.template]
LIST_ROUTES = [route for route in all_routes() if route.method == "GET" and "{" not in route.template]
# Made new by writing to it: the stranger gets a patient of its own.
UPSERTS = "PUT /v1/patients/{patient_id}/profile"


def full_of_things(cast: Cast) -> dict[str, str]:
    """One of everything; the ids by which it would be reached."""
    cast.api.put("/v1/patients/alder-patient-77/profile", {"allergies": ["nuts"]})
    session = begin(cast.api, patient_id="alder-patient-77")
    answer(cast.api, session, "none of these")
    closed = finalized(cast.api, patient_id="alder-patient-77")
    cast.api.post(f"/v1/sessions/{closed['session_id']}/feedback", {"accuracy": "correct"})
    made = cast.api.post("/v1/admin/keys", {"name": "other"}, Idempotency_Key="k")
    return {
        "session_id": session["session_id"],
        "key_id": made.json()["key_id"],
        "patient_id": "alder-patient-77",
    }


def call(api: Api, route: Route, ids: dict[str, str]) -> tuple[int, Any]:
    body = BODIES.get(route.template.rsplit("/", 1)[1], {}) if route.method != "GET" else None
    response = api.request(route.method, route.path(**ids), body, X_Request_ID="same")
    return response.status_code, response.content


def counts() -> dict[str, int]:
    found = {}
    with connections["system"].cursor() as cursor:
        for table in tenant_tables():
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
            found[table] = cursor.fetchone()[0]
    return found


def tenant_tables() -> list[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'tenant_id' ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("route", OBJECT_ROUTES, ids=str)
@pytest.mark.parametrize("who", ["another tenant", "a test key"])
def test_stranger_is_told_what_nobody_is_told(route: Route, who: str, alder: Cast, birch: Cast) -> None:
    ids = full_of_things(alder)
    stranger = birch.api if who == "another tenant" else alder.door(test=True)
    if str(route) == UPSERTS:
        profile = stranger.put(route.path(**ids), {}).json()
        mine = alder.api.get("/v1/patients/alder-patient-77/profile").json()
        assert profile["profile_id"] != mine["profile_id"]
        return
    before = counts()
    theirs, nobodys = call(stranger, route, ids), call(stranger, route, NOBODYS)
    assert theirs == nobodys
    assert theirs[0] == 404
    assert counts() == before


@pytest.mark.parametrize("route", OBJECT_ROUTES, ids=str)
def test_owner_reaches_what_the_stranger_cannot(route: Route, alder: Cast) -> None:
    assert call(alder.api, route, full_of_things(alder))[0] in (200, 409)


@pytest.mark.parametrize("route", LIST_ROUTES, ids=str)
@pytest.mark.parametrize("who", ["another tenant", "a test key"])
def test_lists_name_nothing_of_others(route: Route, who: str, alder: Cast, birch: Cast) -> None:
    ids = full_of_things(alder)
    stranger = birch.api if who == "another tenant" else alder.door(test=True)
    text = stranger.get(route.template).getvalue().decode()
    # The audit log is the tenant's, of both modes; it holds ids and no data.
    if not (route.template.startswith("/v1/admin/audit") and who == "a test key"):
        assert not [value for value in ids.values() if value in text]
    assert "alder-patient-77" not in text


@pytest.mark.parametrize("filters", [{"patient_id": "alder-patient-77"}, {}])
def test_filters_and_exports_find_nothing_of_others(
    alder: Cast, birch: Cast, filters: dict[str, str]
) -> None:
    full_of_things(alder)
    for stranger in (birch.api, alder.door(test=True)):
        assert stranger.get("/v1/sessions", filters).json()["total"] == 0
        assert stranger.post("/v1/sessions/export", filters).json()["total"] == 0
        assert stranger.get("/v1/patients", {"q": "alder"}).json()["data"] == []


def test_every_table_of_a_tenant_is_filled_by_this_cast(alder: Cast) -> None:
    """Else the checks below would look at empty tables."""
    full_of_things(alder)
    empty = {table for table, count in counts().items() if not count}
    assert empty <= {"tenants_mail"}


@pytest.mark.parametrize("tenant", ["none", "birch"])
def test_app_role_sees_no_rows_of_others(alder: Cast, birch: Cast, tenant: str) -> None:
    full_of_things(alder)
    for table in [*protected_tables(), "tenants_tenant"]:
        column = "id" if table == "tenants_tenant" else "tenant_id"
        sql = f"SELECT count(*) FROM {table} WHERE {column} = %s"  # noqa: S608
        if tenant == "none":
            with connection.cursor() as cursor:
                cursor.execute(sql, [alder.owner.tenant_id])
                assert cursor.fetchone() == (0,), table
        else:
            with tenant_transaction(birch.owner.tenant_id), connection.cursor() as cursor:
                cursor.execute(sql, [alder.owner.tenant_id])
                assert cursor.fetchone() == (0,), table


def test_tenant_of_a_request_does_not_outlive_it(alder: Cast) -> None:
    alder.api.get("/v1/me")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant_id', true)")
        assert cursor.fetchone()[0] in (None, "")


def test_app_role_writes_no_row_of_others(alder: Cast, birch: Cast) -> None:
    move = "UPDATE tenants_apikey SET tenant_id = %s WHERE tenant_id = %s"
    ids = [alder.owner.tenant_id, birch.owner.tenant_id]
    with pytest.raises(DatabaseError, match="row-level security"), tenant_transaction(ids[1]):
        connection.cursor().execute(move, ids)
    with tenant_transaction(ids[1]), connection.cursor() as cursor:
        cursor.execute(move, ids[::-1])
        assert cursor.rowcount == 0


# Read before the tenant is known: hashes that lead to tenants.
DIRECTORIES = {"tenants_keydirectory"}


def protected_tables() -> list[str]:
    return [table for table in tenant_tables() if table not in DIRECTORIES]


def test_every_table_of_a_tenant_is_under_row_level_security() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity AND relkind = 'r'"
        )
        assert {row[0] for row in cursor.fetchall()} == {*protected_tables(), "tenants_tenant"}
        cursor.execute(
            "SELECT tablename FROM pg_policies WHERE 'public' = ANY(roles)"
            " AND qual LIKE '%app.tenant_id%' AND with_check LIKE '%app.tenant_id%'"
        )
        assert {row[0] for row in cursor.fetchall()} == {*protected_tables(), "tenants_tenant"}
        cursor.execute("SELECT count(*) FROM pg_policies WHERE 'public' = ANY(roles) AND qual = 'true'")
        assert cursor.fetchone() == (0,)


def test_app_role_is_a_plain_one_and_cannot_truncate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute(
            "SELECT table_name FROM information_schema.role_table_grants"
            " WHERE grantee = current_user AND privilege_type = 'TRUNCATE'"
        )
        assert cursor.fetchall() == []
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute("TRUNCATE sessions_app_answer")


def test_references_cannot_cross_tenants(alder: Cast, birch: Cast) -> None:
    theirs = full_of_things(alder)["session_id"]
    own = begin(birch.api)
    answer(birch.api, own, "none of these")
    move = "UPDATE sessions_app_answer SET session_id = %s"
    with pytest.raises(DatabaseError, match="same_tenant"), tenant_transaction(birch.owner.tenant_id):
        connection.cursor().execute(move, [theirs])
