"""Another tenant's object, or the other mode's, is an object that does not exist; with either lock."""

from __future__ import annotations

from typing import Any

import pytest

from tests.isolation.callers import STRANGERS, Stranger
from tests.isolation.tables import counts
from tests.isolation.world import NOBODYS, World, call
from tests.routes import Route, all_routes

OBJECT_ROUTES = [route for route in all_routes() if route.parameters]
# Made new by writing to it: the stranger gets a patient of its own.
UPSERT = "PUT /v1/patients/{patient_id}/profile"
UPSERTS = [route for route in OBJECT_ROUTES if str(route) == UPSERT]
# How much of the window is left differs from call to call.
OF_THE_WINDOW = ("ratelimit", "x-ratelimit")


def told(response: Any) -> tuple[int, bytes, dict[str, str]]:
    headers = {name.lower(): value for name, value in response.items()}
    return (
        response.status_code,
        response.content,
        {name: value for name, value in headers.items() if not name.startswith(OF_THE_WINDOW)},
    )


@pytest.mark.parametrize(
    ("route", "stranger"),
    [
        pytest.param(route, stranger, id=f"{stranger}-{route}")
        for stranger in STRANGERS
        for route in OBJECT_ROUTES
        if stranger.concerns(route) and route not in UPSERTS
    ],
)
def test_stranger_is_told_what_nobody_is_told(
    route: Route, stranger: Stranger, world: World, locks: str
) -> None:
    api = stranger.door(world)
    before = counts(), world.contents()
    nobodys = call(api, route, NOBODYS)
    assert nobodys.status_code == 404
    for ids in stranger.reaches_for(world).choices(route):
        assert told(call(api, route, ids)) == told(nobodys)
    assert (counts(), world.contents()) == before


@pytest.mark.parametrize("route", UPSERTS, ids=str)
@pytest.mark.parametrize("stranger", STRANGERS, ids=str)
def test_stranger_gets_an_object_of_its_own(
    route: Route, stranger: Stranger, world: World, locks: str
) -> None:
    belongings = stranger.reaches_for(world)
    owner = world.alder.api if belongings is world.live else world.door(test=True)
    path = route.path(**belongings.first(route))
    before = owner.get(path).json()
    made = stranger.door(world).put(path, {"allergies": ["cats"]}).json()
    assert (made["profile_id"] == before["profile_id"], made["allergies"]) == (False, ["cats"])
    assert owner.get(path).json() == before


@pytest.mark.parametrize("route", OBJECT_ROUTES, ids=str)
def test_owner_reaches_what_the_stranger_cannot(route: Route, world: World) -> None:
    """Else the tests above would pass for paths and bodies that reach nothing."""
    assert call(world.alder.api, route, world.live.first(route)).status_code in (200, 409)
