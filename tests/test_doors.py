"""What every route must say of itself."""

from __future__ import annotations

import pytest

from tenants.scopes import BILLING_SCOPES, KEY_SCOPES
from tests.conftest import Api, Cast
from tests.routes import Route, all_routes

IDS = {
    "session_id": "0192f0c1-0000-7000-8000-000000000000",
    "key_id": "0192f0c1-0000-7000-8000-000000000000",
    "patient_id": "nobody",
}
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


@pytest.mark.parametrize("route", all_routes(), ids=str)
def test_route_refuses_nobody(route: Route, stranger: Api) -> None:
    assert stranger.request(route.method, route.path(**IDS)).status_code == 401


@pytest.mark.parametrize("route", [route for route in all_routes() if route.endpoint.scope], ids=str)
def test_route_refuses_a_key_with_every_other_scope(route: Route, alder: Cast) -> None:
    needed = str(route.endpoint.scope)
    lacking = {needed, needed.replace("billing", "admin")}
    api = alder.door(scopes=[scope for scope in KEY_SCOPES if scope not in lacking])
    refused = api.request(route.method, route.path(**IDS))
    assert refused.status_code == 403
    assert refused.json()["error"]["detail"] == {"required_scope": needed}
