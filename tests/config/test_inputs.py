"""Every field of every route, given what it cannot be: refused in the one shape, never a failure of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework import serializers

from config.fields import JsonObject
from tests.conftest import Cast
from tests.interviews import begin
from tests.routes import Route, all_routes

TAKING = [route for route in all_routes() if route.endpoint.takes is not None]
ODD: list[Any] = [
    None,
    True,
    -1,
    1e300,
    2**63 - 1,
    "",
    "x" * 5000,
    "\x7f",
    [],
    [[]],
    {},
    {"a": 1},
    [None],
    "nan",
]


def fields_of(route: Route) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    assert route.endpoint.takes is not None
    return dict(route.endpoint.takes().fields)


def ids(cast: Cast) -> dict[str, str]:
    session = begin(cast.api, patient_id="p1")["session_id"]
    key = cast.api.post("/v1/admin/keys", {"name": "other"}).json()["key_id"]
    return {"session_id": session, "patient_id": "p1", "key_id": key}


# Enough to get past the other fields.
REST: dict[str, Any] = {
    "chief_complaint": "cough",
    "question_id": "q_symptom_duration",
    "raw_text": "2 h",
    "text": "cough",
    "accuracy": "correct",
    "name": "n",
    "tier": "scale",
    "rate_limit_rpm": 4_000,
}


def send(cast: Cast, route: Route, known: dict[str, str], name: str, value: Any) -> Any:
    if route.method == "GET":
        return cast.api.get(route.path(**known), {name: "" if value is None else value})
    rest = {field: REST[field] for field in fields_of(route) if field in REST}
    return cast.api.request(route.method, route.path(**known), rest | {name: value})


def with_nul(field: serializers.Field[Any, Any, Any, Any]) -> Iterator[Any]:
    if isinstance(field, JsonObject):
        yield from ({"a\x00": 1}, {"a": "\x00"}, {"a": ["\x00"]}, {"a": {"b": {"\x00": 1}}})
    elif isinstance(field, serializers.ListField):
        yield ["\x00"]
    elif isinstance(field, serializers.CharField):
        yield from ("\x00", "a\x00b")


@pytest.mark.parametrize("route", TAKING, ids=str)
def test_no_field_takes_a_nul(route: Route, alder: Cast) -> None:
    known = ids(alder)
    for name, field in fields_of(route).items():
        for value in with_nul(field):
            assert send(alder, route, known, name, value).status_code == 422, (name, value)


@pytest.mark.parametrize("route", TAKING, ids=str)
def test_no_odd_value_is_a_failure_of_ours(route: Route, alder: Cast) -> None:
    known = ids(alder)
    for name in fields_of(route):
        for value in ODD:
            if route.method == "GET" and isinstance(value, (list, dict)):
                continue
            status = send(alder, route, known, name, value).status_code
            # 409: an earlier odd value was taken, and what it made is in the way now.
            assert status in (200, 201, 409, 422), (name, value, status)


@pytest.mark.parametrize("route", [route for route in all_routes() if route.method != "GET"], ids=str)
@pytest.mark.parametrize("body", [b"[]", b"[1]", b'"x"', b"1", b"true", b"null"])
def test_body_that_is_no_object_is_refused_or_not_looked_at(route: Route, body: bytes, alder: Cast) -> None:
    reply = alder.api.request(route.method, route.path(**ids(alder)), body)
    assert (reply.status_code == 422) is (route.endpoint.takes is not None) or reply.status_code == 409
