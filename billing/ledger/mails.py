"""The mail that tells those who look after the bills that the tokens run out."""

from __future__ import annotations

from billing.ledger.models import TokenBalance
from billing.tiers import TIERS
from tenants.actor import Actor
from tenants.mail.operations import queue_mail
from tenants.organisations.models import Member, Tenant

TOLD_ROLES = ("owner", "admin", "billing")


def tell_low_balance(*, actor: Actor, threshold: str) -> None:
    """Queue a mail about the crossed threshold to every active member of a role that may act on it."""
    if actor.at is not None:
        # Imported history tells of balances that nobody has to act on any more.
        return
    tenant = Tenant.objects.get(id=actor.tenant_id)
    account = TokenBalance.objects.for_actor(actor).get()
    tier = TIERS[tenant.tier]
    context = {
        "tenant": tenant.name,
        "threshold": threshold,
        "balance": account.balance,
        "initial_balance": account.initial_balance,
        "percentage": max(0, round(100 * account.balance / account.initial_balance)),
        "tier": tier.name.replace("_", " "),
        "monthly_tokens": tier.tokens if tier.monthly_usd else 0,
    }
    members = Member.objects.for_actor(actor).filter(role__in=TOLD_ROLES, is_active=True)
    for member in members.filter(user__is_active=True).select_related("user"):
        queue_mail(actor=actor, user=member.user, template="low_balance", context=context)
