"""What an Endpoint says of itself, in the words of the OpenAPI generator."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from config.endpoint import Endpoint


class FieldErrorOut(serializers.Serializer[Any]):
    # Blank when the body as a whole is wrong.
    field = serializers.CharField(allow_blank=True)
    message = serializers.CharField()
    code = serializers.CharField()


class ErrorDetailOut(serializers.Serializer[Any]):
    field_errors = FieldErrorOut(many=True, required=False)
    reason = serializers.CharField(required=False)
    required_scope = serializers.CharField(required=False)
    retry_after = serializers.IntegerField(required=False)
    limit = serializers.IntegerField(required=False)
    limit_type = serializers.CharField(required=False)
    balance = serializers.IntegerField(required=False)
    required = serializers.IntegerField(required=False)  # type: ignore[assignment]  # the contract's name


class ErrorInnerOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    request_id = serializers.CharField()
    detail = ErrorDetailOut()


class ErrorOut(serializers.Serializer[Any]):
    error = ErrorInnerOut()


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenants.keys.credentials.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "nsy_live_… or nsy_test_…"}


REFUSALS = {
    400: "Malformed JSON",
    401: "Missing or invalid key",
    403: "Scope missing",
    404: "Not found",
    405: "Method not allowed",
    413: "Body over 1 MiB",
    415: "Not JSON",
    422: "A field is wrong",
    429: "Rate limited",
    503: "A dependency is away",
}
TAGS = {
    "sessions": "Sessions",
    "patients": "Patients",
    "me": "Account",
    "admin/keys": "API keys",
    "admin/audit-log": "Audit",
}


def _tag(pattern: str) -> str:
    rest = pattern.removeprefix("v1/")
    for start, tag in TAGS.items():
        if rest.startswith(start):
            return tag
    return "Billing and limits"


def _operation_id(endpoint: type[Endpoint], method: str) -> str:
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", endpoint.__name__).lower()
    # Two paths may share an Endpoint under two methods.
    return words if len(endpoint.methods) < 2 else f"{words}_{method.lower()}"


def _responses(endpoint: type[Endpoint], method: str) -> dict[Any, Any]:
    gives: Any = endpoint.gives(many=True) if endpoint.gives and endpoint.gives_many else endpoint.gives
    refusals = dict(REFUSALS)
    if method == "GET":
        for status in (400, 413, 415):
            del refusals[status]
    if endpoint.is_charged:
        refusals[402] = "Token balance too low"
    if method != "GET":
        refusals[409] = "Conflict with the present state, or a call with this Idempotency-Key is running"
    if endpoint.gives and not endpoint.gives().fields:
        # The generator takes a serializer without fields for a reply without a body.
        gives = OpenApiResponse(OpenApiTypes.OBJECT, "An empty object")
    responses: dict[Any, Any] = {endpoint.status: gives or OpenApiResponse(description="OK")}
    if endpoint.is_stream:
        responses = {(200, kind): OpenApiTypes.STR for kind in ("text/csv", "application/x-ndjson")}
    return responses | {status: OpenApiResponse(ErrorOut, text) for status, text in sorted(refusals.items())}


def _parameters(endpoint: type[Endpoint], method: str) -> list[Any]:
    parameters: list[Any] = []
    if method == "GET" and endpoint.takes is not None:
        parameters.append(endpoint.takes)
    if method == "POST" and endpoint.keeps_reply:
        parameters.append(
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "minLength": 1, "maxLength": 255},
                OpenApiParameter.HEADER,
                description="Kept 24 hours; 1–255 printable characters.",
            )
        )
    return parameters + [
        OpenApiParameter(
            name, str, OpenApiParameter.QUERY, deprecated=True, description="Send it in the body."
        )
        for name in sorted(endpoint.deprecated_query)
    ]


def describe(endpoint: type[Endpoint], method: str, pattern: str) -> dict[str, Any]:
    """Arguments of drf-spectacular's `extend_schema` for one Endpoint under one method."""
    endpoint.methods = endpoint.methods | {method}
    scope = endpoint.scope or "any valid key"
    return {
        "operation_id": _operation_id(endpoint, method),
        "request": endpoint.takes if method != "GET" else None,
        "responses": _responses(endpoint, method),
        "parameters": _parameters(endpoint, method),
        "summary": (endpoint.__doc__ or "").strip().split("\n")[0],
        "description": f"{(endpoint.__doc__ or '').strip()}\n\nScope: `{scope}`.",
        "tags": [_tag(pattern)],
    }
