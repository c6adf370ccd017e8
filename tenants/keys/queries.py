from __future__ import annotations

from config.paging import Listed
from tenants.actor import Actor
from tenants.keys.models import ApiKey


def visible_keys(*, actor: Actor, limit: int, offset: int) -> Listed[ApiKey]:
    """The tenant's keys, newest first; a test key sees test keys only."""
    keys = ApiKey.objects.visible_to(actor).order_by("-created_at", "-id")
    return Listed(list(keys[offset : offset + limit]), keys.count())
