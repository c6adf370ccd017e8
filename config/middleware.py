"""What every response carries, and the access log."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config import logs
from config.errors import error_response
from tenants.traffic.operations import counter

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
logger = logging.getLogger("nessy.access")


def client_address(request: HttpRequest) -> str:
    """The socket's peer; the last address that a trusted proxy appended, if the peer is one."""
    peer: str = request.META.get("REMOTE_ADDR", "") or ""
    if peer in settings.TRUSTED_PROXIES:
        for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            if hop.strip() and hop.strip() not in settings.TRUSTED_PROXIES:
                return str(hop.strip()[:45])
    return peer


def route_of(request: HttpRequest) -> str:
    """The pattern that matched, so that no id of a person stands in a log."""
    match = request.resolver_match
    return "/" + match.route if match is not None else "(unmatched)"


class RequestContext:
    """Outermost: request id and address on the way in; headers and one log line on the way out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        sent = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = sent if _REQUEST_ID.fullmatch(sent) else str(uuid.uuid4())
        tracked: Any = request
        tracked.request_id, tracked.client_ip = request_id, client_address(request)
        token = logs.request_id.set(request_id)
        try:
            try:
                request.get_host()
                response = self.get_response(request)
            except Exception as error:  # noqa: BLE001  # the last stop: nothing may leave without the error shape
                response = error_response(error, request)
            self._finish(request, response, started)
        finally:
            logs.request_id.reset(token)
        return response

    def _finish(self, request: HttpRequest, response: HttpResponse, started: float) -> None:
        if not response.streaming:
            response["Content-Length"] = str(len(response.content))
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]  # set above
        for name, value in SECURITY_HEADERS.items():
            response.setdefault(name, value)
        actor = getattr(request, "actor", None)
        if actor is not None:
            response["Cache-Control"] = "no-store"
        if request.path.startswith(settings.STATIC_URL):
            return
        route, milliseconds = route_of(request), (time.perf_counter() - started) * 1000
        if actor is not None:
            name = f"{request.method} {route}"
            counter.add(actor=actor, route=name, status=response.status_code, milliseconds=milliseconds)
        logger.info(
            "request",
            extra={
                "method": request.method,
                "route": route,
                "status": response.status_code,
                "duration_ms": round(milliseconds, 1),
                "tenant_id": str(actor.tenant_id) if actor else None,
                "ip": request.client_ip,  # type: ignore[attr-defined]  # set above
                "error_code": getattr(request, "error_code", None),
            },
        )
