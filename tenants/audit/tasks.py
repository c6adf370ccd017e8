from __future__ import annotations

from uuid import UUID

from celery import shared_task

from tenants.actor import system_actor
from tenants.audit.operations import check_chain
from tenants.organisations.models import Tenant
from tenants.sweeps import sweep


@shared_task(soft_time_limit=3600, time_limit=3700)
def verify_chains() -> int:
    """Check the audit chain of every tenant; how many are whole."""
    ids = Tenant.objects.using("system").order_by("id").values_list("id", flat=True)
    return sweep(list(ids), _is_whole)


def _is_whole(tenant_id: UUID) -> bool:
    return check_chain(actor=system_actor(tenant_id)).ok
