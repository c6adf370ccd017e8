from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from billing.ledger.models import UsageRecord
from billing.ledger.queries import account_of
from config.paging import day_bounds
from tenants.actor import Actor


def daily_usage(*, actor: Actor, days: int) -> dict[str, Any]:
    """Tokens and calls per UTC day and action, today and the `days` − 1 days before it."""
    end = actor.now()
    start = datetime.combine(end.date() - timedelta(days=days - 1), datetime.min.time(), end.tzinfo)
    rows = (
        UsageRecord.objects.for_actor(actor)
        .filter(created_at__gte=start)
        .annotate(day=TruncDate("created_at"))
        .values("day", "action")
        .annotate(tokens=Sum("tokens_charged"), calls=Count("id"))
        .order_by("-day", "action")
    )
    account = account_of(actor=actor)
    return {
        "tenant_id": actor.tenant_id,
        "balance": account.balance,
        "lifetime_used": account.lifetime_used,
        "period_start": start,
        "period_end": end,
        "days": days,
        "records": [
            {
                "date": row["day"].isoformat(),
                "action": row["action"],
                "tokens_charged": row["tokens"],
                "count": row["calls"],
            }
            for row in rows
        ],
    }


def usage_details(*, actor: Actor, limit: int, **days: Any) -> list[UsageRecord]:
    """Single usage records, newest first."""
    records = UsageRecord.objects.for_actor(actor).filter(**day_bounds(**days))
    return list(records.order_by("-created_at", "-id")[:limit])
