"""Bytes of JSON replies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, datetime):
        return value
    raise TypeError(type(value).__name__)


def utc(value: datetime | None) -> str | None:
    """RFC 3339 in UTC with `Z`."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_json(body: Any) -> bytes:
    """UTF-8 JSON; times end in `Z`, sets become sorted arrays."""
    return orjson.dumps(body, default=_plain, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
