"""Lists, totals and exports hold nothing of another tenant, nor of the other mode; with either lock."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Api, Cast
from tests.isolation.callers import STRANGERS, Stranger
from tests.isolation.world import World, call, fill
from tests.routes import Route, all_routes

# Routes without an object that read: by GET, or by a POST whose reply is not kept.
LISTS = [
    route
    for route in all_routes()
    if not route.parameters and (route.method == "GET" or not route.endpoint.keeps_reply)
]
AUDIT = "/v1/admin/audit"
# What passes with time or by asking.
PASSING = {"period_end", "projected_depletion_at", "requests_used", "requests_remaining", "reset_at"}
# Tokens are the tenant's, from whichever mode one looks.
BALANCES = {"/v1/admin/balance", "/v1/admin/billing/balance"}
OF_BOTH_MODES = {"balance", "lifetime_used", "tokens"}


def text_of(api: Api, route: Route) -> str:
    response = call(api, route, {})
    assert response.status_code == 200
    return str(response.getvalue().decode())


def without(names: set[str], value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without(names, inner) for name, inner in value.items() if name not in names}
    return [without(names, inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("stranger", STRANGERS, ids=str)
@pytest.mark.parametrize("route", LISTS, ids=str)
def test_lists_name_nothing_of_others(route: Route, stranger: Stranger, world: World, locks: str) -> None:
    hidden = [
        one
        for parameter, ids in stranger.reaches_for(world).ids.items()
        if parameter not in stranger.sees
        for one in ids
    ]
    text = text_of(stranger.door(world), route)
    # The audit trail is the tenant's: its live keys read both modes' in it, ids and no data.
    if not (route.template.startswith(AUDIT) and stranger.name == "a live key on test data"):
        assert not [one for one in hidden if one in text]


@pytest.mark.parametrize("newcomer", ["another tenant", "live data", "test data"])
def test_figures_of_the_bystander_stay_when_others_work(newcomer: str, locks: str) -> None:
    """Counts and sums name no id, so they are compared: nothing that others do moves them."""
    alder = Cast("Alder Clinic")
    live, test = alder.api, alder.door(test=True)
    for api in (live, test):
        fill(api)
    worker, bystander = {
        "another tenant": (Cast("Birch Hospital").api, live),
        "live data": (live, test),
        "test data": (test, live),
    }[newcomer]
    is_same_tenant = newcomer != "another tenant"
    before = figures(bystander, is_same_tenant=is_same_tenant)
    fill(worker)
    after = figures(bystander, is_same_tenant=is_same_tenant)
    if newcomer == "test data":
        # Live keys make and end test keys.
        before.pop("/v1/admin/keys"), after.pop("/v1/admin/keys")
    assert after == before


def figures(api: Api, *, is_same_tenant: bool) -> dict[str, Any]:
    """What each list and summary says, apart from what both modes share."""
    # Reading adds to the audit trail, which is looked at for ids above.
    listed = [route for route in LISTS if not route.template.startswith(AUDIT)]
    if is_same_tenant:
        listed = [route for route in listed if route.template not in BALANCES]
    left_out = PASSING | OF_BOTH_MODES if is_same_tenant else PASSING
    return {route.template: without(left_out, call(api, route, {}).json()) for route in listed}


def test_filters_find_nothing_of_others(world: World, locks: str) -> None:
    for stranger in STRANGERS:
        api, belongings = stranger.door(world), stranger.reaches_for(world)
        patient = belongings.ids["patient_id"][0]
        assert api.get("/v1/sessions", {"patient_id": patient}).json()["total"] == 0
        assert api.post("/v1/sessions/export", {"patient_id": patient}).json()["total"] == 0
        for query in ({"q": patient}, {"partner_patient_id": patient}):
            assert api.get("/v1/patients", query).json()["data"] == []
        for session in belongings.ids["session_id"]:
            actions = api.get("/v1/admin/audit", {"action": "session.created"}).json()["data"]
            if stranger.name != "a live key on test data":
                assert session not in [event["target_id"] for event in actions]
