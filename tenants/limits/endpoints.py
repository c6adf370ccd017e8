from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from billing.tiers import TIERS
from config.endpoint import Endpoint
from tenants.actor import Actor
from tenants.keys.models import ApiKey
from tenants.limits.operations import set_override
from tenants.limits.window import allowed_rpm, check_window
from tenants.organisations.models import Tenant

# A tenant may not set itself free of every limit.
OVERRIDE_CEILING = 5000


class Override(serializers.Serializer[Any]):
    # Only null clears, so the field must be there.
    rate_limit_rpm = serializers.IntegerField(min_value=1, max_value=OVERRIDE_CEILING, allow_null=True)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, allow_null=True)


class RateLimitOut(serializers.Serializer[Any]):
    rate_limit_rpm = serializers.IntegerField()
    requests_used = serializers.IntegerField()
    requests_remaining = serializers.IntegerField()
    reset_at = serializers.DateTimeField()
    tier_rpm = serializers.IntegerField()
    override_rpm = serializers.IntegerField(allow_null=True)


def rate_limit(*, actor: Actor) -> dict[str, Any]:
    tenant = Tenant.objects.get(id=actor.tenant_id)
    window = check_window(f"key:{actor.id}", actor.rpm, count=False)
    return {
        "rate_limit_rpm": actor.rpm,
        "requests_used": window.used,
        "requests_remaining": window.remaining,
        "reset_at": datetime.fromtimestamp(window.resets_at, UTC),
        "tier_rpm": TIERS[tenant.tier].rpm,
        "override_rpm": tenant.rate_limit_override,
    }


def put_override(*, actor: Actor, rate_limit_rpm: int | None, reason: str | None = None) -> dict[str, Any]:
    tenant = set_override(actor=actor, rate_limit_rpm=rate_limit_rpm, reason=reason or "")
    if actor.kind == "key" and actor.id:
        # The actor was made under the former override.
        key = ApiKey.objects.for_actor(actor).get(id=actor.id)
        override = tenant.rate_limit_override
        rpm = allowed_rpm(key.rate_limit_rpm, has_own_limit=key.has_own_limit, override=override)
        actor = replace(actor, rpm=rpm)
    return rate_limit(actor=actor)


class GetRateLimit(Endpoint):
    """The calling key's window."""

    scope = None
    gives = RateLimitOut
    operation = staticmethod(rate_limit)


class SetRateLimit(Endpoint):
    """Set or clear the tenant's rate limit override."""

    scope = "admin:write"
    takes = Override
    gives = RateLimitOut
    operation = staticmethod(put_override)
    is_tenant_wide = True
