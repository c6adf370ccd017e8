"""Keyword functions that make rows the way the product makes them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from billing.ledger.models import TokenBalance
from billing.ledger.operations import credit
from billing.signup.operations import register_tenant
from tenants.actor import Actor
from tenants.keys.operations import create_key
from tenants.organisations.models import User
from tenants.scopes import KEY_SCOPES
from tenants.work import work_of


def make_tenant(*, name: str = "Alder Clinic", tier: str = "growth", at: datetime | None = None) -> Actor:
    """A tenant of its own for the test, and its owner as actor."""
    owner = User(email=f"ada-{uuid.uuid4().hex[:12]}@alder.example", name="Ada")
    owner.set_unusable_password()
    owner.save()
    at = at or timezone.now()
    return register_tenant(name=name, tier=tier, owner=owner, at=at, request_id=str(uuid.uuid4()))


def make_key(*, owner: Actor, scopes: Iterable[str] = KEY_SCOPES, test: bool = False, **fields: Any) -> str:
    """The raw text of a new key of the tenant."""
    fields.setdefault("name", "tests")
    fields.setdefault("rate_limit_rpm", 10_000)
    return create_key(actor=owner, scopes=list(scopes), test=test, **fields).raw_key


def set_balance(*, owner: Actor, tokens: int) -> None:
    """Bring the tenant's balance to a number by an adjustment, so that the books stay right."""
    with work_of(owner):
        standing = TokenBalance.objects.for_actor(owner).get().balance
        credit(actor=owner, kind="adjustment", tokens=tokens - standing)
