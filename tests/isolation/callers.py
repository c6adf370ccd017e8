"""Who is turned away at the door, on which routes, and with what answer.

A new way in (another credential, another door) is a row in these tables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tenants.keys.credentials import make_key
from tenants.scopes import KEY_SCOPES, ROLE_SCOPES, ROLES, effective
from tests.conftest import Api
from tests.isolation.world import Belongings, World
from tests.routes import Route


def _nothing(_: Route) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Caller:
    """Somebody refused before any object is looked for."""

    name: str
    door: Callable[[World, Route], Api]
    status: int
    code: str
    detail: Callable[[Route], dict[str, Any]] = _nothing
    concerns: Callable[[Route], bool] = lambda _: True

    def __str__(self) -> str:
        return self.name


def _needed(route: Route) -> dict[str, Any]:
    return {"required_scope": route.endpoint.scope}


def holds(role: str, route: Route) -> bool:
    return route.endpoint.scope is None or route.endpoint.scope in effective(ROLE_SCOPES[role])


def _every_scope_but_that_of(world: World, route: Route) -> Api:
    # A billing scope comes with the admin scope of the same verb.
    lacking = {str(route.endpoint.scope), str(route.endpoint.scope).replace("billing", "admin")}
    return world.door(scopes=[scope for scope in KEY_SCOPES if scope not in lacking])


def _of_role(role: str) -> Caller:
    def door(world: World, _: Route) -> Api:
        return world.door(scopes=sorted(ROLE_SCOPES[role]))

    return Caller(f"a {role}", door, 403, "forbidden", _needed, lambda route: not holds(role, route))


CALLERS = [
    Caller("nobody", lambda *_: Api(), 401, "unauthorized"),
    Caller("a key never made", lambda *_: Api(make_key(livemode=True)), 401, "unauthorized"),
    Caller(
        "a revoked key",
        lambda world, _: world.ended(revoked_at=timezone.now() - timedelta(seconds=1)),
        401,
        "unauthorized",
    ),
    Caller(
        "an expired key",
        lambda world, _: world.ended(expires_at=timezone.now() - timedelta(seconds=1)),
        401,
        "unauthorized",
    ),
    Caller("a suspended tenant", lambda world, _: world.suspended(), 403, "forbidden"),
    Caller(
        "a key of every other scope",
        _every_scope_but_that_of,
        403,
        "forbidden",
        _needed,
        lambda route: route.endpoint.scope is not None,
    ),
    *(_of_role(role) for role in ROLES),
    Caller(
        "a test key, on the tenant as a whole",
        lambda world, _: world.door(test=True),
        403,
        "forbidden",
        concerns=lambda route: route.endpoint.is_tenant_wide,
    ),
]


@dataclass(frozen=True)
class Stranger:
    """Somebody let in, to whom what is reached for must not exist."""

    name: str
    door: Callable[[World], Api]
    reaches_for: Callable[[World], Belongings]
    # Path parameters of what it may see after all.
    sees: frozenset[str] = frozenset()

    def concerns(self, route: Route) -> bool:
        return not self.sees & set(route.parameters)

    def __str__(self) -> str:
        return self.name


STRANGERS = [
    Stranger("another tenant", lambda world: world.birch.api, lambda world: world.live),
    Stranger("a test key on live data", lambda world: world.door(test=True), lambda world: world.live),
    Stranger(
        "a live key on test data",
        lambda world: world.alder.api,
        lambda world: world.test,
        # Live keys make and end test keys.
        sees=frozenset({"key_id"}),
    ),
]
