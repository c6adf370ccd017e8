"""The audit trail by cursor, as a file, and checked."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone

from tenants.audit.models import AuditEvent
from tenants.work import work_of
from tests.conftest import Cast


def _do_something(alder: Cast, times: int = 3) -> None:
    for number in range(times):
        assert alder.api.post("/v1/admin/keys", {"name": f"key {number}"}).status_code == 201


def _pages(alder: Cast, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = alder.api.get("/v1/admin/audit", {**query, "cursor": cursor}).json()
        assert len(page["data"]) <= page["limit"]
        found += page["data"]
        cursor = page["next_cursor"]
    return found


def test_cursor_gives_every_event_once_newest_first(alder: Cast) -> None:
    _do_something(alder)
    events = _pages(alder, limit=2)
    with work_of(alder.owner):
        expected = AuditEvent.objects.for_actor(alder.owner).order_by("-created_at", "-id")
        assert [event["event_id"] for event in events] == [str(event.id) for event in expected]


def test_actions_and_actor_narrow_the_list(alder: Cast) -> None:
    _do_something(alder)
    key_id = alder.api.get("/v1/me").json()["key"]["key_id"]
    mine = _pages(alder, action=["api_key.created", "api_key.revoked"], actor_id=key_id)
    assert [event["action"] for event in mine] == ["api_key.created"] * 3
    assert {event["actor_id"] for event in mine} == {key_id}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-01-01", "to": "2026-06-30"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-13-01"}, "to"),
        ({"cursor": "rubbish"}, "cursor"),
        ({"limit": 501}, "limit"),
        ({"actor_id": "me"}, "actor_id"),
    ],
)
def test_bad_filter_is_named(alder: Cast, query: dict[str, Any], field: str) -> None:
    refused = alder.api.get("/v1/admin/audit", query)
    assert refused.status_code == 422
    assert field in [error["field"] for error in refused.json()["error"]["detail"]["field_errors"]]


def test_window_of_ninety_whole_days_is_allowed(alder: Cast) -> None:
    today = timezone.now().date()
    query = {"from": str(today - timedelta(days=90)), "to": str(today)}
    assert alder.api.get("/v1/admin/audit", query).status_code == 200


def test_export_holds_the_whole_trail_and_its_own_row(alder: Cast) -> None:
    _do_something(alder)
    csv_file = alder.api.get("/v1/admin/audit/export")
    assert csv_file["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(b"".join(csv_file.streaming_content).decode())))
    ndjson_file = alder.api.get("/v1/admin/audit/export", {"format": "ndjson"})
    lines = [orjson.loads(line) for line in b"".join(ndjson_file.streaming_content).splitlines()]
    assert [row["event_id"] for row in rows] == [line["event_id"] for line in lines][: len(rows)]
    assert lines[-1]["action"] == "audit.exported"
    assert [line["action"] for line in lines].count("api_key.created") == 4


def test_export_needs_more_than_the_list(alder: Cast) -> None:
    reader = alder.door(scopes=["admin:read"])
    assert reader.get("/v1/admin/audit").status_code == 200
    assert reader.get("/v1/admin/audit/export").status_code == 403


def test_verify_says_that_the_chain_is_whole(alder: Cast) -> None:
    _do_something(alder)
    check = alder.api.get("/v1/admin/audit/verify").json()
    assert check["ok"] is True
    assert check["first_broken"] is None
    assert check["checked"] >= 4


def test_stranger_sees_none_of_it(alder: Cast, birch: Cast) -> None:
    _do_something(alder)
    theirs = {event["event_id"] for event in _pages(birch)}
    assert not theirs & {event["event_id"] for event in _pages(alder)}
