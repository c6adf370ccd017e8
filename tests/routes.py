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

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"<\w+:(\w+)>", self.pattern)

    def path(self, **ids: object) -> str:
        return self.template.format_map({name: str(value) for name, value in ids.items()})

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


def patterns(found: Any) -> Iterator[URLPattern]:
    for entry in found:
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns)
        else:
            yield entry


def is_door(pattern: URLPattern) -> bool:
    view = getattr(pattern.callback, "view_class", None)
    return view is not None and issubclass(view, ApiDoor)


def all_routes() -> list[Route]:
    return [
        Route(method, str(pattern.pattern), endpoint)
        for pattern in patterns(get_resolver().url_patterns)
        if is_door(pattern)
        for method, endpoint in pattern.callback.view_class.endpoints.items()  # type: ignore[attr-defined]  # a door
    ]
