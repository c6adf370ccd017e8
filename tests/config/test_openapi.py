"""The published description of the API, held against the routes and the specification."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from tests.conftest import Api
from tests.document import assert_documented, document
from tests.routes import Route, all_routes


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if method in ("get", "post", "put", "patch", "delete")
    }


def test_document_is_served_without_a_key(stranger: Api) -> None:
    served = stranger.get("/openapi.json")
    assert served.json() == document()
    assert served.json()["openapi"].startswith("3.1")


def test_document_has_the_routes_and_nothing_else() -> None:
    assert set(operations()) == {(route.method, route.template) for route in all_routes()}


def test_every_schema_is_a_valid_one() -> None:
    for schema in document()["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"})


def test_every_reference_leads_somewhere() -> None:
    schemas = document()["components"]["schemas"]

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                assert part["$ref"].removeprefix("#/components/schemas/") in schemas
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(document())


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for operation in operations().values()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("route", all_routes(), ids=str)
def test_operation_says_what_it_needs_and_gives(route: Route) -> None:
    operation = operations()[route.method, route.template]
    assert operation["summary"]
    assert operation["security"] == [{"apiKey": []}]
    assert f"`{route.endpoint.scope or 'any valid key'}`" in operation["description"]
    captured = {
        parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"
    }
    assert captured == {part.strip("{}") for part in route.template.split("/") if part.startswith("{")}
    responses = operation["responses"]
    assert {str(route.endpoint.status), "401", "403", "404", "429", "503"} <= set(responses)
    for status, response in responses.items():
        is_file = status == "200" and route.endpoint.is_stream
        assert is_file or list(response["content"]) == ["application/json"]
    assert ("402" in responses) is route.endpoint.is_charged


def test_undocumented_reply_is_noticed() -> None:
    class Reply:
        streaming = False
        status_code = 200
        content = b'{"balance": 1, "lifetime_used": 1, "tier": "growth", "surprise": 1}'

    with pytest.raises(AssertionError, match="surprise"):
        assert_documented("GET", "/v1/admin/balance", Reply())
