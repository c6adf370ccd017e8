"""The whole audit trail, however long, in constant memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from config.rendering import to_json, utc
from tenants.actor import Actor
from tenants.audit.models import AuditEvent
from tenants.audit.operations import record
from tenants.audit.queries import matching
from tenants.rls import tenant_transaction
from tenants.work import operation

PAGE = 1000
COLUMNS = (
    "event_id",
    "created_at",
    "action",
    "actor_type",
    "actor_id",
    "target_type",
    "target_id",
    "request_id",
    "ip",
    "metadata",
    "livemode",
)
Format = Literal["csv", "ndjson"]


@dataclass(frozen=True, slots=True)
class Trail:
    format: Format
    lines: Iterator[bytes]


@operation
def export_trail(
    *,
    actor: Actor,
    since: datetime | None = None,
    until: datetime | None = None,
    action: Sequence[str] = (),
    format: Format = "csv",  # noqa: A002  # the contract's name
) -> Trail:
    """Record the export, then give the events, oldest first, as lines of CSV or NDJSON.

    The lines are read after the transaction, in pages of their own: a long
    export holds neither a transaction nor rows in memory.
    """
    record(actor=actor, action="audit.exported", metadata={"format": format, "actions": list(action)})
    lines = _csv_lines if format == "csv" else _ndjson_lines
    return Trail(format, lines(_pages(actor, since, until or actor.now(), action)))


def _pages(
    actor: Actor, since: datetime | None, until: datetime, action: Sequence[str]
) -> Iterator[list[AuditEvent]]:
    seen = 0
    while True:
        with tenant_transaction(actor.tenant_id):
            rows = matching(actor=actor, since=since, until=until, action=action).filter(seq__gt=seen)
            page = list(rows.order_by("seq")[:PAGE])
        if not page:
            return
        seen = page[-1].seq
        yield page


def shape_event(event: AuditEvent) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "created_at": event.created_at,
        "action": event.action,
        "actor_type": event.actor_type,
        "actor_id": event.actor_id,
        "target_type": event.target_type,
        "target_id": event.target_id,
        "request_id": event.request_id,
        "ip": event.ip,
        "metadata": event.metadata,
        "livemode": event.livemode,
    }


def _ndjson_lines(pages: Iterable[list[AuditEvent]]) -> Iterator[bytes]:
    for page in pages:
        yield b"".join(to_json(shape_event(event)) + b"\n" for event in page)


def _csv_lines(pages: Iterable[list[AuditEvent]]) -> Iterator[bytes]:
    yield _csv_row(COLUMNS)
    for page in pages:
        rows = (shape_event(event).items() for event in page)
        yield b"".join(_csv_row([_cell(name, value) for name, value in row]) for row in rows)


def _cell(name: str, value: Any) -> str:
    if name == "metadata":
        return to_json(value).decode()
    if isinstance(value, datetime):
        return utc(value) or ""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    # A spreadsheet would run what begins like a formula.
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


def _csv_row(cells: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
