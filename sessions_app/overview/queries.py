from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q

from billing.ledger.queries import account_of, tokens_used_since
from sessions_app.sessions.models import ACCURACIES, LEVELS, STATUSES, Feedback, Session
from tenants.actor import Actor
from tenants.keys.models import ApiKey
from tenants.organisations.models import Member, Tenant


def identity(*, actor: Actor) -> dict[str, Any]:
    """Who is calling, for which tenant and with what means."""
    tenant = Tenant.objects.get(id=actor.tenant_id)
    told: dict[str, Any] = {
        "tenant": {"tenant_id": tenant.id, "name": tenant.name, "tier": tenant.tier},
        "balance": account_of(actor=actor).balance,
        "livemode": actor.livemode,
        "scopes": sorted(actor.scopes),
    }
    if actor.kind == "key" and actor.id:
        key = ApiKey.objects.for_actor(actor).get(id=actor.id)
        told["key"] = {"key_id": key.id, "name": key.name, "key_prefix": key.key_prefix}
    elif actor.kind == "member" and actor.id:
        member = Member.objects.for_actor(actor).select_related("user").get(id=actor.id)
        told["member"] = {
            "member_id": member.id,
            "email": member.user.email,
            "name": member.user.name,
            "role": member.role,
        }
    return told


def stats(*, actor: Actor) -> dict[str, Any]:
    """Counts of sessions, levels, tokens, keys and feedback; of the actor's mode."""
    keys = ApiKey.objects.for_actor(actor)
    now = actor.now()
    sessions = Session.objects.for_actor(actor)
    counted = sessions.aggregate(
        total=Count("id"),
        last_30_days=Count("id", filter=Q(created_at__gte=now - timedelta(days=30))),
        **{status: Count("id", filter=Q(status=status)) for status in STATUSES},
    )
    levels = dict(sessions.order_by().values_list("triage_level").annotate(Count("id")))
    feedback = Feedback.objects.for_actor(actor)
    accuracy = dict(feedback.order_by().values_list("accuracy").annotate(Count("session_id")))
    return {
        "sessions": counted,
        "triage": {level: levels.get(level, 0) for level in LEVELS},
        "tokens": {
            "balance": account_of(actor=actor).balance,
            "used_30_days": tokens_used_since(actor=actor, since=now - timedelta(days=30)),
        },
        "keys": {"active": keys.filter(livemode=actor.livemode).active(now).count()},
        # No subscription can be made in this release.
        "webhooks": {"subscriptions": 0, "failing": 0},
        "feedback": {name: accuracy.get(name, 0) for name in ACCURACIES},
    }
