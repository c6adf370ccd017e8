from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.ledger.models import TokenBalance
from billing.ledger.operations import change_tier, granted_this_month
from billing.ledger.queries import Standing, account_of, standing
from billing.tiers import TIERS, Tier
from config.endpoint import Endpoint
from tenants.actor import Actor
from tenants.organisations.models import Tenant


class BalanceOut(serializers.Serializer[Any]):
    balance = serializers.IntegerField()
    lifetime_used = serializers.IntegerField()
    tier = serializers.CharField()


class NextThresholdOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    tokens_until = serializers.IntegerField()
    percentage = serializers.FloatField()


class BillingBalanceOut(BalanceOut):
    initial_balance = serializers.IntegerField()
    percentage_remaining = serializers.FloatField()
    current_threshold = serializers.ChoiceField(choices=["ok", "low_20", "low_10", "depleted"])
    next_threshold = NextThresholdOut(allow_null=True)
    last_topup_at = serializers.DateTimeField(allow_null=True)
    burn_rate_per_day = serializers.FloatField()
    projected_depletion_at = serializers.DateTimeField(allow_null=True)


class TierOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    monthly_usd = serializers.IntegerField()
    tokens = serializers.IntegerField()
    concurrent_sessions = serializers.IntegerField()
    max_keys = serializers.IntegerField()
    rpm = serializers.IntegerField()
    sla = serializers.CharField(allow_null=True)


class CurrentTierOut(TierOut):
    since = serializers.DateTimeField()
    granted_this_month = serializers.IntegerField()


class TierChange(serializers.Serializer[Any]):
    tier = serializers.ChoiceField(choices=list(TIERS))


def shape_tier(tier: Tier) -> dict[str, Any]:
    return {
        "name": tier.name,
        "monthly_usd": tier.monthly_usd,
        "tokens": tier.tokens,
        "concurrent_sessions": tier.concurrent_sessions,
        "max_keys": tier.max_keys,
        "rpm": tier.rpm,
        "sla": tier.sla,
    }


def get_balance(*, actor: Actor) -> dict[str, Any]:
    account: TokenBalance = account_of(actor=actor)
    tier = Tenant.objects.get(id=actor.tenant_id).tier
    return {"balance": account.balance, "lifetime_used": account.lifetime_used, "tier": tier}


def shape_standing(found: Standing) -> dict[str, Any]:
    name, tokens_until, percentage = found.next_threshold or ("", 0, 0.0)
    return {
        "balance": found.account.balance,
        "initial_balance": found.account.initial_balance,
        "lifetime_used": found.account.lifetime_used,
        "percentage_remaining": round(found.percentage, 2),
        "current_threshold": found.threshold,
        "next_threshold": {"name": name, "tokens_until": tokens_until, "percentage": percentage}
        if name
        else None,
        "tier": found.tier,
        "last_topup_at": found.account.last_topup_at,
        "burn_rate_per_day": found.burn_rate_per_day,
        "projected_depletion_at": found.depletes_at,
    }


def current_tier(*, actor: Actor) -> dict[str, Any]:
    tenant = Tenant.objects.get(id=actor.tenant_id)
    return shape_tier(TIERS[tenant.tier]) | {
        "since": tenant.tier_since,
        "granted_this_month": granted_this_month(actor=actor),
    }


def move_to_tier(*, actor: Actor, tier: str) -> dict[str, Any]:
    change_tier(actor=actor, tier=tier)
    return current_tier(actor=actor)


class GetBalance(Endpoint):
    """The token balance."""

    scope = "billing:read"
    gives = BalanceOut
    operation = staticmethod(get_balance)


class GetBillingBalance(Endpoint):
    """The token balance, its thresholds and how long it will last."""

    scope = "billing:read"
    gives = BillingBalanceOut
    operation = staticmethod(standing)
    shape = staticmethod(shape_standing)


class ListTiers(Endpoint):
    """All tiers with their prices and limits."""

    scope = "billing:read"
    gives = TierOut
    gives_many = True
    operation = staticmethod(lambda actor: [shape_tier(tier) for tier in TIERS.values()])


class GetTier(Endpoint):
    """The tenant's tier."""

    scope = "billing:read"
    gives = CurrentTierOut
    operation = staticmethod(current_tier)


class ChangeTier(Endpoint):
    """Move to another tier; `tier` in the query is deprecated."""

    scope = "billing:write"
    takes = TierChange
    gives = CurrentTierOut
    operation = staticmethod(move_to_tier)
    is_tenant_wide = True
    deprecated_query = frozenset({"tier"})
