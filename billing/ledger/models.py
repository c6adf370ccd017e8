from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenants.ids import uuid7
from tenants.scoping import LivemodeQuerySet, TenantOwned, TenantQuerySet


class TokenBalance(models.Model):
    """The running balance of a tenant, in tokens; always Σ credits − Σ debits."""

    tenant = models.OneToOneField(
        "tenants.Tenant", primary_key=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    balance = models.BigIntegerField(default=0)
    # The balance after the last credit: what the thresholds are shares of.
    initial_balance = models.BigIntegerField(default=0)
    lifetime_used = models.BigIntegerField(default=0)
    # How far below zero a debit may go: 0, or 5 % of `initial_balance` where the tenant chose a grace.
    grace_percent = models.PositiveSmallIntegerField(default=0)
    last_topup_at = models.DateTimeField(null=True)

    objects = TenantQuerySet["TokenBalance"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(balance__gte=0 - models.F("initial_balance") * models.F("grace_percent") / 100),
                name="token_balance_within_grace",
            ),
            models.CheckConstraint(condition=Q(grace_percent__in=[0, 5]), name="token_balance_grace_choice"),
        ]


class UsageRecord(TenantOwned):
    """A debit; append-only. One row per create, route and answer, also at 0 tokens."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    livemode = models.BooleanField()
    session_id = models.UUIDField(null=True)
    key_id = models.UUIDField(null=True)
    action = models.CharField(max_length=20)
    tokens_charged = models.PositiveIntegerField()
    request_id = models.CharField(max_length=128)
    latency_ms = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField()

    objects = LivemodeQuerySet["UsageRecord"].as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant", "livemode", "-created_at", "-id"], name="usage_record_newest")
        ]


class BalanceEntry(TenantOwned):
    """A credit, or an adjustment of either sign; append-only."""

    KINDS: ClassVar = ["grant", "topup", "tier_change", "adjustment"]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in KINDS])
    tokens = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    # Months (YYYY-MM) of grants: each month is granted once.
    period = models.CharField(max_length=7, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    objects = TenantQuerySet["BalanceEntry"].as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant", "-created_at", "-id"], name="balance_entry_newest")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "period"], condition=Q(kind="grant"), name="balance_entry_one_grant_a_month"
            )
        ]
