from __future__ import annotations

from celery import shared_task

from billing.ledger.operations import grant_month
from billing.tiers import TIERS
from tenants.actor import system_actor
from tenants.organisations.models import Tenant
from tenants.sweeps import sweep

PAID = [tier.name for tier in TIERS.values() if tier.monthly_usd]


@shared_task
def grant_monthly_tokens() -> int:
    """Grant this month's tokens to every tenant of a paid tier that has not had them; how many tenants."""
    tenants = Tenant.objects.using("system").filter(tier__in=PAID, suspended_at__isnull=True)
    ids = tenants.values_list("id", flat=True)
    return sweep(list(ids), lambda tenant_id: grant_month(actor=system_actor(tenant_id)))
