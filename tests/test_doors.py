"""What every route must say of itself."""

from __future__ import annotations

import pytest

from tenants.scopes import BILLING_SCOPES, KEY_SCOPES
from tests.routes import Route, all_routes

# Replies with data of patients, though by their names one would not know it.
GIVES_PATIENT_DATA = ("/v1/sessions", "/v1/patients")


@pytest.mark.parametrize("route", all_routes(), ids=str)
def test_route_names_its_scope(route: Route) -> None:
    assert "scope" in vars(route.endpoint)
    assert route.endpoint.scope in (None, *KEY_SCOPES, *BILLING_SCOPES)
    if route.method != "GET" and route.template != "/v1/sessions/export":
        assert str(route.endpoint.scope).endswith(":write")


@pytest.mark.parametrize("route", all_routes(), ids=str)
def test_route_that_reads_patients_names_the_act(route: Route) -> None:
    reads = route.method == "GET" or not route.endpoint.keeps_reply
    if reads and route.template.startswith(GIVES_PATIENT_DATA):
        assert route.endpoint.audits is not None


@pytest.mark.parametrize("route", all_routes(), ids=str)
def test_route_says_what_it_gives_and_what_it_is_for(route: Route) -> None:
    assert route.endpoint.gives is not None or route.endpoint.is_stream
    assert (route.endpoint.__doc__ or "").strip().endswith(".")
