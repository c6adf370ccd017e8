from __future__ import annotations

import uuid
from datetime import datetime

from billing.ledger.operations import grant_month
from tenants.actor import Actor
from tenants.audit.operations import record
from tenants.organisations.models import Member, Tenant, User
from tenants.scopes import ROLE_SCOPES, effective
from tenants.work import work_of


def register_tenant(
    *, name: str, tier: str, owner: User, at: datetime, request_id: str, ip: str = ""
) -> Actor:
    """Open a tenant with its owner and first tokens; the owner as an actor.

    The tenant's id is drawn first: its rows can be written only under it.
    """
    tenant_id, member_id = uuid.uuid4(), uuid.uuid4()
    actor = Actor(
        tenant_id=tenant_id,
        kind="member",
        id=member_id,
        scopes=effective(ROLE_SCOPES["owner"]),
        livemode=True,
        request_id=request_id,
        ip=ip,
        tier=tier,
        at=at,
    )
    with work_of(actor):
        Tenant.objects.create(id=tenant_id, name=name, tier=tier, tier_since=at, created_at=at)
        Member.objects.create(
            id=member_id, tenant_id=tenant_id, user=owner, role="owner", accepted_at=at, created_at=at
        )
        record(actor=actor, action="tenant.registered", target_id=tenant_id, metadata={"tier": tier})
        grant_month(actor=actor)
    return actor
