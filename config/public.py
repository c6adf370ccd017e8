"""What anybody may see: probes, changelog, the API's description, the front page."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.generators import SchemaGenerator
from rest_framework.exceptions import MethodNotAllowed

from config.errors import DomainError, error_response
from config.languages import in_language_of_reader
from config.rendering import to_json
from config.tasks import heartbeat_age
from sessions_app.triage.engine import knowledge
from sessions_app.triage.knowledge.loader import KnowledgeError
from tenants.keys.credentials import limit_address
from tenants.limits.window import redis_client

View = Callable[[HttpRequest], HttpResponse]
# A worker tells of itself every 15 seconds; after two minutes something is wrong.
STALE_HEARTBEAT_SECONDS = 120


def as_json(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(to_json(body), status=status, content_type="application/json")


def public(view: View) -> View:
    """A GET without credentials: 120 a minute and address, refusals in the one shape."""

    @wraps(view)
    def limited(request: HttpRequest) -> HttpResponse:
        try:
            if request.method not in ("GET", "HEAD"):
                raise MethodNotAllowed(request.method or "")
            limit_address(request.client_ip)  # type: ignore[attr-defined]  # set by RequestContext
            return view(request)
        except (DomainError, MethodNotAllowed) as error:
            response = error_response(error, request)
            if isinstance(error, MethodNotAllowed):
                response["Allow"] = "GET, HEAD"
            return response

    return limited


def _postgres_is_up() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis_is_up() -> bool:
    try:
        return bool(redis_client().ping())
    except redis.RedisError:
        return False


def _worker_is_up() -> bool:
    try:
        age = heartbeat_age(redis_client())
    except redis.RedisError:
        return False
    return age is not None and age < STALE_HEARTBEAT_SECONDS


def _engine_is_up() -> bool:
    try:
        knowledge()
    except KnowledgeError:
        return False
    return True


def readiness() -> dict[str, Any]:
    """The parts' state: `down` without PostgreSQL or the engine, `degraded` without Redis or a worker."""
    parts = {
        "postgres": _postgres_is_up(),
        "engine": _engine_is_up(),
        "redis": _redis_is_up(),
        "worker": _worker_is_up(),
    }
    if not (parts["postgres"] and parts["engine"]):
        status = "down"
    else:
        status = "ok" if parts["redis"] and parts["worker"] else "degraded"
    return {"status": status, **parts}


def livez(request: HttpRequest) -> HttpResponse:
    """Whether the process can answer; touches nothing else, so that no outage becomes two."""
    return as_json({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Whether the service can work."""
    state = readiness()
    return as_json({"status": state["status"]}, status=503 if state["status"] == "down" else 200)


@public
def health(request: HttpRequest) -> HttpResponse:
    """Readiness under its old name; names the parts in DEBUG only."""
    state = readiness()
    told = {"status": state["status"], "version": settings.VERSION}
    if settings.DEBUG:
        told |= {
            "build": settings.BUILD,
            "engine_ready": state["engine"],
            "postgres_connected": state["postgres"],
            "redis_connected": state["redis"],
        }
    return as_json(told, status=503 if state["status"] == "down" else 200)


@cache
def changelog_text() -> str:
    return (settings.BASE_DIR / "CHANGELOG.md").read_text()


@cache
def releases() -> list[dict[str, Any]]:
    """The changelog as data: releases with their lines under Added, Changed, Fixed."""
    found: list[dict[str, Any]] = []
    section: list[str] = []
    for line in changelog_text().splitlines():
        if heading := re.match(r"## \[?([^\]\s]+)\]?(?: [-–—] (\S+))?", line):
            found.append({"version": heading[1], "date": heading[2], "changes": {}})
        elif found and line.startswith("### "):
            section = found[-1]["changes"].setdefault(line[4:].strip(), [])
        elif found and line.startswith("- "):
            section.append(line[2:].strip())
        elif found and section and line.startswith("  "):
            section[-1] += " " + line.strip()
    return found


@public
def changelog(request: HttpRequest) -> HttpResponse:
    """The releases, as JSON or as Markdown."""
    if "text/markdown" in request.headers.get("Accept", ""):
        return HttpResponse(changelog_text(), content_type="text/markdown; charset=utf-8")
    return as_json({"version": settings.VERSION, "releases": releases()})


@cache
def openapi_document() -> bytes:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    return to_json(generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


@public
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI 3.1 document."""
    return HttpResponse(openapi_document(), content_type="application/json")


@public
def docs(request: HttpRequest) -> HttpResponse:
    """The API's reference, to read and to try."""
    return render(request, "config/docs.html")


@public
def redoc(request: HttpRequest) -> HttpResponse:
    """The API's reference on one page."""
    response = render(request, "config/redoc.html")
    # Redoc writes its styles into the page and searches in a worker that it makes itself.
    response["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return response


@public
@in_language_of_reader
def front_page(request: HttpRequest) -> HttpResponse:
    """What this is, its version and state, and where to go on."""
    started = time.perf_counter()
    state = readiness()
    latest = next((release for release in releases() if release["version"] == settings.VERSION), None)
    return render(
        request,
        "config/front_page.html",
        {
            "version": settings.VERSION,
            "state": state,
            "checked_in_ms": round((time.perf_counter() - started) * 1000),
            "latest": latest,
            "is_embedded": settings.IS_EMBEDDED,
            "base_url": f"{request.scheme}://{request.get_host()}",
        },
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 of any path: the one shape under the API's roots, a page elsewhere."""
    if is_api(request):
        return error_response(Http404(), request)
    return _error_page(request, 404, _("Page not found"))


def server_error(request: HttpRequest) -> HttpResponse:
    """An exception of any path, which Django is still handling: logged without its text, then a page."""
    error = sys.exception()
    response = error_response(error if isinstance(error, Exception) else RuntimeError(), request)
    if is_api(request):
        return response
    return _error_page(request, response.status_code, _("Something went wrong"))


@in_language_of_reader
def _error_page(request: HttpRequest, status: int, title: Promise) -> HttpResponse:
    return render(request, "config/error_page.html", {"status": status, "title": title}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    error = DomainError("The request could not be read.")
    error.code = "bad_request"
    return error_response(error, request)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/v1/") or request.path == "/v1"
