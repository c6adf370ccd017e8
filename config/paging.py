"""Pages: limit and offset for short lists, an opaque seek cursor for long ones."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from django.db.models import Model, Q, QuerySet
from rest_framework import serializers

from config.errors import Invalid

Row = TypeVar("Row", bound=Model)


class PageQuery(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    # Far beyond any list that is read by pages, and still a number that the database takes.
    offset = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)


class ArrayQuery(PageQuery):
    """For the lists that are top-level arrays: a client that does not page expects all of them."""

    limit = serializers.IntegerField(min_value=1, max_value=200, default=200)


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """Some rows of a top-level array, and how many there are in all."""

    rows: list[Row]
    total: int

    def headers(self) -> dict[str, str]:
        return {"X-Total-Count": str(self.total)}


def page_of(
    rows: QuerySet[Row], *, limit: int, offset: int, shape: Callable[[Row], dict[str, Any]]
) -> dict[str, Any]:
    return {
        "total": rows.count(),
        "limit": limit,
        "offset": offset,
        "data": [shape(row) for row in rows[offset : offset + limit]],
    }


def day_bounds(
    *, date_from: date | None = None, date_to: date | None = None, field: str = "created_at"
) -> dict[str, datetime]:
    """Filter arguments for whole UTC days, both ends inclusive."""
    bounds = {}
    if date_from:
        bounds[f"{field}__gte"] = datetime.combine(date_from, time.min, UTC)
    if date_to and date_to < date.max:
        bounds[f"{field}__lt"] = datetime.combine(date_to + timedelta(days=1), time.min, UTC)
    return bounds


def seek_page(
    rows: QuerySet[Row], *, field: str, cursor: str, limit: int
) -> tuple[list[Row], str | None, int]:
    """A page by descending `field` and id, from the cursor on; the next page's cursor or None; the limit.

    Raises `Invalid` for a cursor that is not one of ours.
    """
    if cursor:
        at, row_id = read_cursor(cursor)
        rows = rows.filter(Q(**{f"{field}__lt": at}) | Q(**{field: at, "id__lt": row_id}))
    found = list(rows.order_by(f"-{field}", "-id")[: limit + 1])
    page = found[:limit]
    more = make_cursor(getattr(page[-1], field), page[-1].pk) if len(found) > limit else None
    return page, more, limit


def make_cursor(at: datetime, row_id: UUID) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([at, row_id])).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """The position a cursor stands for; raises `Invalid` for anything `make_cursor` did not make."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, row_id = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        position = datetime.fromisoformat(at)
        if position.tzinfo is None:
            raise ValueError
        return position, UUID(row_id)
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise Invalid(("cursor", "This is not a cursor of this list.", "invalid")) from error
