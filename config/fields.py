"""Serializer fields that the REST framework does not have."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from rest_framework import serializers

MAX_DEPTH = 6
MAX_KEYS = 500


def _depth(value: Any, allowed: int) -> bool:
    """Whether the value nests no deeper than allowed and holds no NUL, which the database refuses."""
    if isinstance(value, str):
        return "\x00" not in value
    if isinstance(value, dict):
        return allowed > 0 and all(
            "\x00" not in key and _depth(inner, allowed - 1) for key, inner in value.items()
        )
    if isinstance(value, list):
        return allowed > 0 and all(_depth(inner, allowed - 1) for inner in value)
    return True


class ShortList(serializers.ListField):
    """A list that is refused for its length (`max_length`) before its items are looked at.

    A megabyte of wrong items would keep a worker busy for seconds, and its reply would name each of them.
    """

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class DayOrInstant(serializers.Field[datetime, str, str, Any]):
    """An RFC 3339 time, or a date that stands for its first or last moment in UTC."""

    default_error_messages = {"invalid": "Use YYYY-MM-DD or an RFC 3339 time."}

    def __init__(self, *, is_end: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.is_end = is_end

    def to_internal_value(self, data: Any) -> datetime:
        try:
            if len(data) == len("2026-01-31"):
                clock = time.max if self.is_end else time.min
                return datetime.combine(date.fromisoformat(data), clock, UTC)
            instant = datetime.fromisoformat(data)
            return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
        except (ValueError, TypeError, OverflowError):
            self.fail("invalid")


class JsonObject(serializers.DictField):
    """An object of JSON values: at most 500 keys, which are counted first, 6 levels deep, no NUL."""

    default_error_messages = {
        "too_large": f"At most {MAX_KEYS} keys.",
        "unstorable": f"Values may nest {MAX_DEPTH} levels deep and hold no NUL character.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, dict) and len(data) > MAX_KEYS:
            self.fail("too_large")
        value: dict[str, Any] = super().to_internal_value(data)
        if not _depth(value, MAX_DEPTH):
            self.fail("unstorable")
        return value
