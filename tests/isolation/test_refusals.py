"""Who may not call is told so in the same words whatever the id, on every route, and nothing happens."""

from __future__ import annotations

import pytest
from django.urls import URLPattern, get_resolver, path

from config import public
from tenants.scopes import ROLE_SCOPES, ROLES
from tests.conftest import Api, Cast
from tests.isolation.callers import CALLERS, Caller, holds
from tests.isolation.tables import counts
from tests.isolation.world import NOBODYS, World, call
from tests.routes import Route, all_routes, is_door, patterns

ROUTES = all_routes()
REFUSED = [
    pytest.param(route, caller, id=f"{caller}-{route}")
    for caller in CALLERS
    for route in ROUTES
    if caller.concerns(route)
]
LET_IN = [
    pytest.param(route, role, id=f"{role}-{route}")
    for role in ROLES
    for route in ROUTES
    if holds(role, route)
]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# Pages without a credential, which hold nothing of any tenant.
PUBLIC = {
    "",
    "livez",
    "readyz",
    "health",
    "changelog",
    "v1/changelog",
    "openapi.json",
    "docs",
    "redoc",
    "v1/schema/chief-complaints",
    "v1/schema/branches",
}


def unknown(found: list[URLPattern]) -> list[str]:
    """Patterns that are neither a door, which the matrix calls, nor known to be public."""
    return [str(one.pattern) for one in found if not is_door(one) and str(one.pattern) not in PUBLIC]


def test_matrix_knows_every_route() -> None:
    assert unknown(list(patterns(get_resolver().url_patterns))) == []
    assert {name for route in ROUTES for name in route.parameters} == set(NOBODYS)


def test_matrix_fails_for_a_route_that_it_does_not_know() -> None:
    assert unknown([path("v1/secrets/<id:secret_id>", public.livez)]) == ["v1/secrets/<id:secret_id>"]


@pytest.mark.parametrize(("route", "caller"), REFUSED)
def test_caller_is_refused_whatever_the_id(route: Route, caller: Caller, world: World) -> None:
    api = caller.door(world, route)
    before = counts(), world.contents()
    refused = call(api, route, NOBODYS)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (caller.status, caller.code)
    assert error["detail"] == caller.detail(route)
    for ids in world.live.choices(route):
        assert call(api, route, ids).content == refused.content
    assert (counts(), world.contents()) == before


@pytest.fixture(scope="module")
def doors(database: None) -> dict[str, Api]:
    """By role, the door with what the role may do, and no more."""
    cast = Cast("Alder Clinic")
    return {role: cast.door(scopes=sorted(ROLE_SCOPES[role])) for role in ROLES}


@pytest.mark.parametrize(("route", "role"), LET_IN)
def test_role_is_let_in_where_it_holds_the_scope(route: Route, role: str, doors: dict[str, Api]) -> None:
    # An impossible body, so that nothing is made: the door is behind us when it is refused.
    body = None if route.method == "GET" else "[]"
    reply = doors[role].request(route.method, route.path(**NOBODYS), body)
    assert reply.status_code in ((200, 404) if route.method == "GET" else (200, 404, 422))


@pytest.mark.parametrize("pattern", sorted({route.pattern for route in ROUTES}))
def test_other_methods_are_refused_whatever_the_id(pattern: str, world: World) -> None:
    known = [route for route in ROUTES if route.pattern == pattern]
    before = counts(), world.contents()
    for method in METHODS:
        if method not in {route.method for route in known}:
            for ids in (NOBODYS, world.live.first(known[0])):
                refused = world.alder.api.request(method, known[0].path(**ids), {})
                assert (refused.status_code, refused.json()["error"]["code"]) == (405, "method_not_allowed")
                assert Api().request(method, known[0].path(**ids), {}).status_code == 401
    assert (counts(), world.contents()) == before
