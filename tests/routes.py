"""Every route of the API door, read from the resolver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from config.doors import ApiDoor
from config.endpoint import Endpoint


@dataclass(frozen=True)
class Route:
    method: str
    pattern: str
    endpoint: type[Endpoint]

    @property
    def template(self) -> str:
        """The path as the OpenAPI document writes it."""
        return "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", self.pattern)

    def path(self, **ids: object) -> str:
        return self.template.format_map({name: str(value) for name, value in ids.items()})

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


def _patterns(found: Any) -> Iterator[URLPattern]:
    for entry in found:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry.url_patterns)
        else:
            yield entry


def all_routes() -> list[Route]:
    routes = []
    for pattern in _patterns(get_resolver().url_patterns):
        view = getattr(pattern.callback, "view_class", None)
        if view is not None and issubclass(view, ApiDoor):
            routes += [
                Route(method, str(pattern.pattern), endpoint) for method, endpoint in view.endpoints.items()
            ]
    return routes
