"""Money: every change of a balance is here, in the transaction of the work that it pays for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Sum

from billing.ledger.mails import tell_low_balance
from billing.ledger.models import BalanceEntry, TokenBalance, UsageRecord
from billing.tiers import PRICES, THRESHOLDS, TIERS
from config.errors import DomainError, Invalid
from tenants.actor import Actor
from tenants.audit.operations import record
from tenants.ids import uuid7
from tenants.organisations.models import Tenant
from tenants.rows import as_json, insertion, run
from tenants.work import Write, current_work, operation
from webhooks_app.events.operations import emit

# How far below zero a debit may go.
FLOOR = "-(initial_balance * grace_percent / 100)"
STANDING = f"SELECT balance, {FLOOR} FROM billing_tokenbalance WHERE tenant_id = %s"  # noqa: S608  # a constant
TAKE = f"""
    UPDATE billing_tokenbalance SET balance = balance - %s, lifetime_used = lifetime_used + %s
    WHERE tenant_id = %s AND balance - %s >= {FLOOR}
    RETURNING balance, initial_balance
"""  # noqa: S608  # a constant


class BalanceTooLow(DomainError):
    code = "payment_required"
    default_message = "The token balance is too low."


def debit(*, actor: Actor, action: str, session_id: UUID) -> int:
    """Charge an action of a session; the tokens it costs, 0 for a test key.

    Raises `BalanceTooLow` at once when the balance cannot pay; the balance
    itself is changed by the last statements of the transaction, which check again.
    """
    tokens = PRICES[action] if actor.livemode else 0
    if tokens:
        balance, floor = _standing(actor)
        if balance - tokens < floor:
            raise _too_low(balance, tokens)
    work = current_work()
    work.tokens_charged = (work.tokens_charged or 0) + tokens
    usage = UsageRecord(
        id=uuid7(actor.at),
        tenant_id=actor.tenant_id,
        livemode=actor.livemode,
        session_id=session_id,
        key_id=actor.id if actor.kind == "key" else None,
        action="answer" if action == "skip" else action,
        tokens_charged=tokens,
        request_id=actor.request_id,
        created_at=actor.now(),
    )
    work.at_end(0, _record_usage, usage)
    if tokens:
        work.at_end(10, _take, tokens)
    return tokens


def _standing(actor: Actor) -> tuple[int, int]:
    """The balance and how low it may become; zeros where the tenant has none yet."""
    rows = run(STANDING, [actor.tenant_id])
    return rows[0] if rows else (0, 0)


def _too_low(balance: int, required: int) -> BalanceTooLow:
    return BalanceTooLow(detail={"balance": balance, "required": required})


def _record_usage(_actor: Actor, usage: list[UsageRecord]) -> Write:
    latency = current_work().milliseconds()
    for row in usage:
        row.latency_ms = latency
    return Write(insertion(UsageRecord), [as_json(usage)])


def _take(actor: Actor, amounts: list[int]) -> Write:
    """Take the tokens from the balance; without enough of them the whole transaction fails."""
    tokens = sum(amounts)

    def check(rows: list[dict[str, Any]]) -> None:
        if not rows:
            balance, _ = _standing(actor)
            raise _too_low(balance, tokens)
        after, initial = rows[0]["balance"], rows[0]["initial_balance"]
        _announce_crossings(actor, after=after, before=after + tokens, initial=initial)

    return Write(TAKE, [tokens, tokens, actor.tenant_id, tokens], check)


def _announce_crossings(actor: Actor, *, before: int, after: int, initial: int) -> None:
    # Once per crossing: only a credit brings the balance back above a mark.
    crossed = [name for name, share in THRESHOLDS if after <= initial * share < before]
    for name in crossed:
        data = {"balance": after, "initial_balance": initial, "threshold": name}
        emit(actor=actor, event_type=f"balance.{name}", data=data)
    if crossed:
        # Who falls through several marks at once need not hear of the higher ones.
        tell_low_balance(actor=actor, threshold=crossed[-1])


def credit(*, actor: Actor, kind: str, tokens: int, period: str = "", reference: str = "") -> BalanceEntry:
    """Add tokens to the balance (inside an operation); thresholds count from the new balance."""
    # The row must exist before it can be locked: two first credits must not both believe it is missing.
    TokenBalance.objects.bulk_create([TokenBalance(tenant_id=actor.tenant_id)], ignore_conflicts=True)
    account = TokenBalance.objects.for_actor(actor).select_for_update().get()
    account.balance += tokens
    if account.balance > 0:
        # A credit that only lessens a debt leaves the grace as it is: it is a share of this.
        account.initial_balance = account.balance
    if kind == "topup":
        account.last_topup_at = actor.now()
    account.save()
    return BalanceEntry.objects.create(
        id=uuid7(actor.at),
        tenant_id=actor.tenant_id,
        kind=kind,
        tokens=tokens,
        balance_after=account.balance,
        period=period,
        reference=reference,
        created_at=actor.now(),
    )


@operation
def grant_month(*, actor: Actor) -> BalanceEntry | None:
    """Grant a paid tier's tokens for the current month, once; None when it was granted already."""
    tenant = Tenant.objects.select_for_update().get(id=actor.tenant_id)
    tier = TIERS[tenant.tier]
    period = f"{actor.now():%Y-%m}"
    # A change of tier in the month has granted what was due.
    granted = BalanceEntry.objects.for_actor(actor).filter(kind__in=["grant", "tier_change"])
    if granted.filter(period=period).exists() or (tier.monthly_usd == 0 and granted.exists()):
        return None
    entry = credit(actor=actor, kind="grant", tokens=tier.tokens, period=period)
    record(actor=actor, action="balance.granted", metadata={"tier": tier.name, "tokens": tier.tokens})
    return entry


@operation
def change_tier(*, actor: Actor, tier: str) -> Tenant:
    """Move the tenant to another tier and grant its tokens less what this month was granted.

    Limits of existing keys stay. The tier that the tenant has already is left
    as it is. Raises `Invalid` for an unknown tier.
    """
    if tier not in TIERS:
        raise Invalid(("tier", f"Choose one of {', '.join(TIERS)}.", "invalid_choice"))
    tenant = Tenant.objects.select_for_update().get(id=actor.tenant_id)
    if tenant.tier == tier:
        return tenant
    former, tenant.tier, tenant.tier_since = tenant.tier, tier, actor.now()
    tenant.save(update_fields=["tier", "tier_since"])
    granted = granted_this_month(actor=actor)
    due = max(0, TIERS[tier].tokens - granted) if TIERS[tier].monthly_usd else 0
    if due:
        credit(actor=actor, kind="tier_change", tokens=due, period=f"{actor.now():%Y-%m}")
    record(actor=actor, action="tier.changed", metadata={"from": former, "to": tier, "tokens": due})
    return tenant


def granted_this_month(*, actor: Actor) -> int:
    """Tokens granted in the current UTC month by the monthly grant and tier changes."""
    entries: Any = BalanceEntry.objects.for_actor(actor).filter(
        kind__in=["grant", "tier_change"], period=f"{actor.now():%Y-%m}"
    )
    return int(entries.aggregate(tokens=Sum("tokens"))["tokens"] or 0)
