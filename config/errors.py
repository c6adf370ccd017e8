"""Domain errors and the one shape in which every refusal is answered.

A leaf: anything may import it. An operation raises what went wrong; the table
below alone knows which HTTP status that is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions

STATUS_OF = {
    "bad_request": 400,
    "unauthorized": 401,
    "payment_required": 402,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "validation_error": 422,
    "rate_limited": 429,
    "internal_server_error": 500,
    "service_unavailable": 503,
}
CODE_OF = {status: code for code, status in STATUS_OF.items()}
logger = logging.getLogger("nessy.errors")


class DomainError(Exception):
    """What an operation refuses to do; `message` may be shown, so it never quotes a patient."""

    code = "bad_request"
    default_message = "The request cannot be carried out."

    def __init__(
        self,
        message: str = "",
        *,
        detail: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message or self.default_message
        self.detail = dict(detail or {})
        self.headers = dict(headers or {})
        super().__init__(self.message)


class NotFound(DomainError):
    code = "not_found"
    default_message = "Not found."


class Conflict(DomainError):
    code = "conflict"


class Forbidden(DomainError):
    code = "forbidden"
    default_message = "This credential may not do that."


class MissingScope(Forbidden):
    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs the scope {scope}.", detail={"required_scope": scope})


class Unauthorized(DomainError):
    code = "unauthorized"
    default_message = "Missing or invalid credentials."

    def __init__(self, message: str = "") -> None:
        super().__init__(message, headers={"WWW-Authenticate": "Bearer"})


class RateLimited(DomainError):
    code = "rate_limited"


class BadRequest(DomainError):
    code = "bad_request"


class PayloadTooLarge(DomainError):
    code = "payload_too_large"
    default_message = "The body is larger than 1 MiB."


class Unavailable(DomainError):
    code = "service_unavailable"
    default_message = "The service is not available right now; try again shortly."

    def __init__(self, message: str = "", *, retry_after: int = 5) -> None:
        super().__init__(message, headers={"Retry-After": str(retry_after)})


class Invalid(DomainError):
    """One or more fields are wrong; `errors` are (field, message, code)."""

    code = "validation_error"
    default_message = "Request validation failed."

    def __init__(self, *errors: tuple[str, str, str], message: str = "", reason: str = "") -> None:
        fields = [{"field": field, "message": text, "code": code} for field, text, code in errors]
        detail: dict[str, Any] = {"field_errors": fields}
        if reason:
            detail["reason"] = reason
        super().__init__(message, detail=detail)


def field_errors(errors: Any, path: str = "") -> list[tuple[str, str, str]]:
    """Flatten a serializer's nested errors to (dotted field, message, code)."""
    if isinstance(errors, Mapping):
        found = []
        for name, inner in errors.items():
            name = "" if name == "non_field_errors" else str(name)
            found += field_errors(inner, ".".join(part for part in (path, name) if part))
        return found
    if isinstance(errors, list):
        found = []
        for index, inner in enumerate(errors):
            found += field_errors(inner, f"{path}.{index}" if isinstance(inner, Mapping) else path)
        return found
    return [(path, str(errors), str(getattr(errors, "code", "invalid")))]


def as_domain_error(error: Exception) -> DomainError:
    """What a client may know of any exception; unknown ones become a 500 without details."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, exceptions.ValidationError):
        return Invalid(*field_errors(error.detail))
    if isinstance(error, RequestDataTooBig):
        return PayloadTooLarge()
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, (OperationalError, InterfaceError)):
        return Unavailable()
    # The second: the client hung up while it sent its body.
    if isinstance(error, (SuspiciousOperation, UnreadablePostError)):
        return BadRequest("The request could not be read.")
    if isinstance(error, exceptions.APIException) and error.status_code in CODE_OF:
        translated = DomainError(str(error.detail))
        translated.code = CODE_OF[error.status_code]
        return translated
    translated = DomainError("Something went wrong on our side; the request id helps us to find it.")
    translated.code = "internal_server_error"
    return translated


def error_body(error: DomainError, request_id: str) -> dict[str, Any]:
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "request_id": request_id,
            "detail": error.detail,
        }
    }


def error_response(error: Exception, request: HttpRequest) -> HttpResponse:
    """The answer to any failure of a `/v1` request."""
    told = as_domain_error(error)
    if told.code == "internal_server_error":
        logger.error("unhandled exception", exc_info=error)
    elif told.code == "service_unavailable":
        logger.warning("a dependency is away: %s", type(error).__name__)
    request.error_code = told.code  # type: ignore[attr-defined]  # read by the access log
    body = error_body(told, getattr(request, "request_id", ""))
    response = HttpResponse(
        orjson.dumps(body), status=STATUS_OF[told.code], content_type="application/json", headers=told.headers
    )
    return response


def handle_exception(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """The REST framework's hook."""
    response = error_response(error, context["request"]._request)
    if isinstance(error, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response
