from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from config.endpoint import Endpoint
from config.errors import Invalid
from config.fields import DayOrInstant
from config.paging import PageQuery, day_bounds, page_of
from tenants.actor import Actor
from tenants.audit.models import AuditEvent
from tenants.audit.queries import ChainCheck, matching, seek_events, verify_chain
from tenants.audit.streams import export_trail, shape_event

LIST_MAX_DAYS = timedelta(days=90)


class Stretch(serializers.Serializer[Any]):
    """A stretch of time and the actions in it; `from` and `to` are no names for Python."""

    action = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=50)

    def get_fields(self) -> dict[str, Any]:
        limits = {
            "from": DayOrInstant(source="since", required=False),
            "to": DayOrInstant(source="until", is_end=True, required=False),
        }
        return super().get_fields() | limits


class AuditQuery(Stretch):
    actor_id = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=500, default=100)
    cursor = serializers.CharField(max_length=200, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        until = attrs.get("until") or timezone.now()
        attrs.setdefault("since", until - LIST_MAX_DAYS)
        # A list of whole days ends with the last moment of its last one.
        if until - attrs["since"] > LIST_MAX_DAYS + timedelta(days=1):
            message = "At most 90 days; use the export for more."
            raise Invalid(("from", message, "max_value"))
        return attrs


class ExportQuery(Stretch):
    format = serializers.ChoiceField(choices=["csv", "ndjson"], default="csv")


class AuditLogQuery(PageQuery):
    action = serializers.CharField(max_length=60, required=False)
    date_from = serializers.DateField(required=False)
    date_to = serializers.DateField(required=False)


class AuditEventOut(serializers.Serializer[Any]):
    event_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    action = serializers.CharField()
    actor_type = serializers.ChoiceField(choices=["member", "key", "operator", "system"])
    actor_id = serializers.UUIDField(allow_null=True)
    target_type = serializers.CharField()
    target_id = serializers.CharField()
    request_id = serializers.CharField()
    # Blank for what we did ourselves.
    ip = serializers.CharField(allow_blank=True)
    metadata = serializers.DictField()
    livemode = serializers.BooleanField()


class AuditSeekOut(serializers.Serializer[Any]):
    data = AuditEventOut(many=True)  # type: ignore[assignment]  # the contract's name
    next_cursor = serializers.CharField(allow_null=True)
    limit = serializers.IntegerField()


class ChainOut(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    checked = serializers.IntegerField()
    first_broken = serializers.UUIDField(allow_null=True)


class AuditPageOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
    data = AuditEventOut(many=True)  # type: ignore[assignment]  # the contract's name


def audit_log(*, actor: Actor, limit: int, offset: int, action: str = "", **days: Any) -> dict[str, Any]:
    events = matching(actor=actor, action=[action] if action else ()).filter(**day_bounds(**days))
    return page_of(events.order_by("-created_at", "-id"), limit=limit, offset=offset, shape=shape_event)


class ListAuditLog(Endpoint):
    """The tenant's audit events, newest first."""

    scope = "admin:read"
    takes = AuditLogQuery
    gives = AuditPageOut
    operation = staticmethod(audit_log)


def shape_seek(found: tuple[list[AuditEvent], str | None, int]) -> dict[str, Any]:
    events, next_cursor, limit = found
    return {"data": [shape_event(event) for event in events], "next_cursor": next_cursor, "limit": limit}


def shape_check(check: ChainCheck) -> dict[str, Any]:
    return {"ok": check.ok, "checked": check.checked, "first_broken": check.first_broken}


class ReadAudit(Endpoint):
    """The tenant's audit events of at most 90 days, newest first, by cursor."""

    scope = "admin:read"
    takes = AuditQuery
    gives = AuditSeekOut
    operation = staticmethod(seek_events)
    shape = staticmethod(shape_seek)


class ExportAudit(Endpoint):
    """The audit trail as a file, streamed."""

    scope = "admin:write"
    takes = ExportQuery
    operation = staticmethod(export_trail)
    shape = staticmethod(lambda trail: trail.lines)
    headers = staticmethod(
        lambda trail: {
            "Content-Type": "text/csv; charset=utf-8" if trail.format == "csv" else "application/x-ndjson",
            "Content-Disposition": f'attachment; filename="audit.{trail.format}"',
        }
    )
    is_stream = True


class VerifyAudit(Endpoint):
    """Walk the audit chain and say whether it is whole."""

    scope = "admin:read"
    gives = ChainOut
    operation = staticmethod(verify_chain)
    shape = staticmethod(shape_check)
