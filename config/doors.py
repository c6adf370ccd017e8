"""The doors through which an Endpoint is reached, and `route`, which mounts it.

The API door takes JSON from the bearer of a key. What a request passes on its
way in: credential, scope, rate window, body, input; a refusal at any of them
has the one error shape and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, ClassVar, cast

import orjson
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path, register_converter
from django.urls.converters import UUIDConverter
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.views import APIView

from config.endpoint import Call, Endpoint, Reply
from config.errors import BadRequest, Forbidden, PayloadTooLarge
from config.schema import describe
from tenants.actor import Actor
from tenants.keys.credentials import KeyAuthentication
from tenants.limits.window import Window, check_window

# RFC 8594; the query form is kept past its sunset.
QUERY_FORM_HEADERS = {
    "Deprecation": "true",
    "Sunset": "Thu, 23 Jul 2026 00:00:00 GMT",
    "Link": '</docs>; rel="deprecation"',
    "Warning": '299 - "Use request body instead"',
}


class RowId(UUIDConverter):
    """A UUID in either case: some clients write theirs in capitals."""

    regex = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


register_converter(RowId, "id")


class JsonParser(BaseParser):
    """UTF-8 JSON of at most 1 MiB; an empty body is an empty object."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(settings.MAX_BODY_BYTES + 1)
        if len(body) > settings.MAX_BODY_BYTES:
            raise PayloadTooLarge
        if not body.strip():
            return {}
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            # The decoder's message quotes the text: the cause is left behind.
            raise BadRequest("The body is not valid JSON.") from None


class AlwaysJson(BaseContentNegotiation):
    """Every answer is JSON, whatever the client says it accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        sent = (request.content_type or "application/json").partition(";")[0].strip().lower()
        is_json = sent in {"application/json", ""} or (
            sent.startswith("application/") and sent.endswith("+json")
        )
        return parsers[0] if is_json else None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiDoor(APIView):
    """A path under `/v1`: one Endpoint per method."""

    endpoints: ClassVar[Mapping[str, type[Endpoint]]] = {}
    authentication_classes = [KeyAuthentication]
    permission_classes = []
    throttle_classes = []
    parser_classes = [JsonParser]
    content_negotiation_class = AlwaysJson
    window: Window | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        actor = actor_of(request)
        request._request.actor = actor  # type: ignore[attr-defined]  # read by the access log
        try:
            self._check_rights(actor, self.endpoints.get(request.method or ""))
        except Forbidden:
            # A refused call does not count, and still tells of the window.
            self.window = check_window(f"key:{actor.id}", actor.rpm, count=False)
            raise
        self.window = check_window(f"key:{actor.id}", actor.rpm)
        self.window.require_admission()

    @staticmethod
    def _check_rights(actor: Actor, endpoint: type[Endpoint] | None) -> None:
        if endpoint is None:
            return
        if endpoint.scope is not None:
            actor.require(endpoint.scope)
        if endpoint.is_tenant_wide and not actor.livemode:
            raise Forbidden("A test key cannot change the tenant as a whole.")

    def answer(self, request: Request, **captured: Any) -> HttpResponseBase:
        endpoint = self.endpoints[request.method or ""]
        data, call = self._input(request)
        query = {
            name: request.query_params[name]
            for name in endpoint.deprecated_query & request.query_params.keys()
        }
        if query and isinstance(data, Mapping):
            data = {**query, **data}
        response = as_response(endpoint.perform(actor_of(request), data, captured, call))
        for name, value in QUERY_FORM_HEADERS.items() if query else ():
            response[name] = value
        return response

    def _input(self, request: Request) -> tuple[Any, Call | None]:
        if request.method == "GET":
            return request.query_params, None
        # Read before it is parsed, so that it can be read again.
        body = request._request.body
        data = request.data
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or key is None:
            return data, None
        return data, Call.of(key, "POST", request.path, body)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        if self.window is not None:
            for name, value in self.window.headers().items():
                response[name] = value
        return super().finalize_response(request, response, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        request.auth  # noqa: B018  # the property authenticates, and raises for a missing credential


def actor_of(request: Request) -> Actor:
    return cast("Actor", request.auth)


def as_response(reply: Reply) -> HttpResponseBase:
    headers = {"Content-Type": "application/json"} | reply.headers
    if isinstance(reply.body, bytes):
        return HttpResponse(reply.body, status=reply.status, headers=headers)
    return StreamingHttpResponse(reply.body, status=reply.status, headers=headers)


API = ApiDoor


def route(door: type[ApiDoor], pattern: str, **endpoints: type[Endpoint]) -> URLPattern:
    """Mount one Endpoint per method under a path: `route(API, "v1/me", GET=Me)`."""
    handlers: dict[str, Any] = {"endpoints": endpoints, "http_method_names": [m.lower() for m in endpoints]}
    for method, endpoint in endpoints.items():

        def handler(self: ApiDoor, request: Request, **captured: Any) -> HttpResponseBase:
            return self.answer(request, **captured)

        handler.__name__ = method.lower()
        handler.__doc__ = endpoint.__doc__
        handlers[method.lower()] = extend_schema(**describe(endpoint, method, pattern))(handler)
    names = "".join(endpoint.__name__ for endpoint in endpoints.values())
    view: type[ApiDoor] = type(f"{names}Door", (door,), handlers)
    return path(pattern, view.as_view(), name=names)
