from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connections
from django.db.models import Sum

from billing.ledger.models import TokenBalance, UsageRecord
from billing.tiers import THRESHOLDS
from tenants.actor import Actor
from tenants.organisations.models import Tenant

BURN_DAYS = 7


@dataclass(frozen=True, slots=True)
class Standing:
    """A balance and where it stands between its thresholds."""

    account: TokenBalance
    tier: str
    threshold: str
    next_threshold: tuple[str, int, float] | None
    percentage: float
    burn_rate_per_day: float
    depletes_at: datetime | None


def account_of(*, actor: Actor) -> TokenBalance:
    """The tenant's account; one that was never credited stands at 0."""
    return TokenBalance.objects.for_actor(actor).first() or TokenBalance(tenant_id=actor.tenant_id)


def tokens_used_since(*, actor: Actor, since: datetime) -> int:
    records = UsageRecord.objects.filter(tenant_id=actor.tenant_id, livemode=True, created_at__gt=since)
    return int(records.aggregate(tokens=Sum("tokens_charged"))["tokens"] or 0)


def burn_rate(*, actor: Actor) -> float:
    """Tokens a day, mean of the last 7 days."""
    return tokens_used_since(actor=actor, since=actor.now() - timedelta(days=BURN_DAYS)) / BURN_DAYS


def standing(*, actor: Actor) -> Standing:
    account = account_of(actor=actor)
    balance, initial = account.balance, account.initial_balance
    reached = "ok"
    upcoming = None
    for name, share in THRESHOLDS:
        if balance <= initial * share:
            reached = name
        elif upcoming is None:
            upcoming = (name, balance - int(initial * share), share * 100)
    rate = burn_rate(actor=actor)
    depletes_at = (
        actor.now() + timedelta(days=balance / rate) if rate > 0 and 0 < balance / rate < 36500 else None
    )
    return Standing(
        account=account,
        tier=Tenant.objects.get(id=actor.tenant_id).tier,
        threshold=reached,
        next_threshold=upcoming,
        percentage=max(0.0, min(100.0, 100 * balance / initial)) if initial else 0.0,
        burn_rate_per_day=round(rate, 2),
        depletes_at=depletes_at,
    )


def unbalanced() -> list[tuple[UUID, int, int]]:
    """Tenants whose balance is not Σ credits − Σ debits, as (tenant, balance, expected)."""
    with connections["system"].cursor() as cursor:
        cursor.execute(
            """
            WITH credits AS (SELECT tenant_id, sum(tokens) AS total FROM billing_balanceentry GROUP BY 1),
                debits AS
                    (SELECT tenant_id, sum(tokens_charged) AS total FROM billing_usagerecord GROUP BY 1)
            SELECT tenant_id, coalesce(b.balance, 0), coalesce(c.total, 0) - coalesce(d.total, 0)
            FROM billing_tokenbalance b
            FULL JOIN credits c USING (tenant_id) FULL JOIN debits d USING (tenant_id)
            WHERE coalesce(b.balance, 0) <> coalesce(c.total, 0) - coalesce(d.total, 0)
               OR coalesce(b.lifetime_used, 0) <> coalesce(d.total, 0)
            ORDER BY tenant_id
            """
        )
        return [(row[0], int(row[1]), int(row[2])) for row in cursor.fetchall()]
