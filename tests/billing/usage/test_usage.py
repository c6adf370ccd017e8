from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sessions_app.sessions.operations import start_session
from tests.conftest import Cast
from tests.interviews import answer, begin


def begin_days_ago(cast: Cast, days: int) -> None:
    actor = replace(cast.owner, at=timezone.now() - timedelta(days=days))
    start_session(actor=actor, chief_complaint="cough")


def test_usage_is_summed_by_day_and_action(alder: Cast) -> None:
    begin_days_ago(alder, 2)
    session = begin(alder.api)
    begin(alder.door(test=True))
    reply = answer(alder.api, session, "none of these").json()
    answer(alder.api, reply, None, skip=True)
    usage = alder.api.get("/v1/admin/usage").json()
    today = timezone.now().date()
    assert usage["records"] == [
        {"date": today.isoformat(), "action": "answer", "tokens_charged": 8, "count": 2},
        {"date": today.isoformat(), "action": "create", "tokens_charged": 1, "count": 1},
        {
            "date": (today - timedelta(days=2)).isoformat(),
            "action": "create",
            "tokens_charged": 1,
            "count": 1,
        },
    ]
    assert (usage["days"], usage["balance"], usage["lifetime_used"]) == (30, 49_990, 10)
    assert usage["tenant_id"] == str(alder.owner.tenant_id)


@pytest.mark.parametrize(("days", "counted"), [(1, 1), (2, 1), (3, 2), (366, 3)])
def test_usage_covers_the_days_asked_for(alder: Cast, days: int, counted: int) -> None:
    for ago in (0, 2, 100):
        begin_days_ago(alder, ago)
    records = alder.api.get("/v1/admin/usage", {"days": days}).json()["records"]
    assert sum(record["count"] for record in records) == counted


@pytest.mark.parametrize("days", [0, 367, "x"])
def test_impossible_days_are_422(alder: Cast, days: object) -> None:
    assert alder.api.get("/v1/admin/usage", {"days": days}).status_code == 422


def test_details_are_newest_first_and_filtered(alder: Cast) -> None:
    for ago in (5, 0):
        begin_days_ago(alder, ago)
    today = timezone.now().date()
    path = "/v1/admin/usage/details"
    assert len(alder.api.get(path).json()) == 2
    newest = alder.api.get(path, {"limit": 1}).json()
    assert newest[0]["created_at"].startswith(today.isoformat())
    older = {"to_date": (today - timedelta(days=5)).isoformat()}
    assert len(alder.api.get(path, older).json()) == 1
    recent = {"from_date": (today - timedelta(days=4)).isoformat()}
    assert len(alder.api.get(path, recent).json()) == 1


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 1001}, {"from_date": "x"}])
def test_impossible_details_are_422(alder: Cast, query: dict[str, Any]) -> None:
    assert alder.api.get("/v1/admin/usage/details", query).status_code == 422


def test_test_key_sees_test_usage_only(alder: Cast) -> None:
    tester = alder.door(test=True)
    begin(alder.api)
    begin(tester)
    assert [record["tokens_charged"] for record in tester.get("/v1/admin/usage/details").json()] == [0]
    assert [record["tokens_charged"] for record in alder.api.get("/v1/admin/usage/details").json()] == [1]
