from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.ledger.models import UsageRecord
from billing.usage.queries import daily_usage, usage_details
from config.endpoint import Endpoint
from tenants.actor import Actor


class UsageQuery(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=366, default=30)


class DetailsQuery(serializers.Serializer[Any]):
    from_date = serializers.DateField(required=False)
    to_date = serializers.DateField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)


class DailyUsageOut(serializers.Serializer[Any]):
    date = serializers.DateField()
    action = serializers.CharField()
    tokens_charged = serializers.IntegerField()
    count = serializers.IntegerField()


class UsageOut(serializers.Serializer[Any]):
    tenant_id = serializers.UUIDField()
    balance = serializers.IntegerField()
    lifetime_used = serializers.IntegerField()
    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()
    days = serializers.IntegerField()
    records = DailyUsageOut(many=True)


class UsageRecordOut(serializers.Serializer[Any]):
    record_id = serializers.UUIDField()
    session_id = serializers.UUIDField(allow_null=True)
    action = serializers.CharField()
    tokens_charged = serializers.IntegerField()
    request_id = serializers.CharField()
    created_at = serializers.DateTimeField()


def shape_record(record: UsageRecord) -> dict[str, Any]:
    return {
        "record_id": record.id,
        "session_id": record.session_id,
        "action": record.action,
        "tokens_charged": record.tokens_charged,
        "request_id": record.request_id,
        "created_at": record.created_at,
    }


def list_details(
    *, actor: Actor, limit: int, from_date: Any = None, to_date: Any = None
) -> list[dict[str, Any]]:
    records = usage_details(actor=actor, limit=limit, date_from=from_date, date_to=to_date)
    return [shape_record(record) for record in records]


class GetUsage(Endpoint):
    """Tokens and calls per day and action."""

    scope = "billing:read"
    takes = UsageQuery
    gives = UsageOut
    operation = staticmethod(daily_usage)


class ListUsageDetails(Endpoint):
    """Single usage records, newest first."""

    scope = "billing:read"
    takes = DetailsQuery
    gives = UsageRecordOut
    gives_many = True
    operation = staticmethod(list_details)
