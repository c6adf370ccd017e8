from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from billing.tiers import TIERS
from config.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.actor import Actor
from tenants.audit.operations import record
from tenants.crypto import key_hash, newest_pepper
from tenants.keys.credentials import make_key
from tenants.keys.models import ApiKey, KeyDirectory
from tenants.organisations.models import Tenant
from tenants.scopes import DEFAULT_KEY_SCOPES
from tenants.work import operation


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret, which exists here and in the reply only."""

    key: ApiKey
    raw_key: str


def _lock_tenant(actor: Actor) -> Tenant:
    # Lock the tenant, not the key: two creates must not both pass the tier's limit.
    return Tenant.objects.select_for_update().get(id=actor.tenant_id)


def _refuse_escalation(actor: Actor, scopes: Sequence[str]) -> None:
    beyond = sorted(set(scopes) - actor.scopes)
    if beyond:
        raise Forbidden(
            "A key cannot be given a scope that its maker does not hold.",
            detail={"required_scope": beyond[0]},
        )


def _get_key(actor: Actor, key_id: UUID) -> ApiKey:
    key = ApiKey.objects.visible_to(actor).select_for_update().filter(id=key_id).first()
    if key is None:
        raise NotFound("No such key.")
    return key


def _mint(actor: Actor, *, livemode: bool, **fields: Any) -> NewKey:
    raw_key = make_key(livemode=livemode)
    key = ApiKey.objects.create(
        tenant_id=actor.tenant_id,
        livemode=livemode,
        key_prefix=raw_key[:13],
        key_suffix=raw_key[-4:],
        created_at=actor.now(),
        **fields,
    )
    pepper = newest_pepper()
    KeyDirectory.objects.create(
        key_hash=key_hash(raw_key, pepper), pepper=pepper, tenant_id=actor.tenant_id, key_id=key.id
    )
    return NewKey(key, raw_key)


@operation
def create_key(
    *,
    actor: Actor,
    name: str,
    scopes: Sequence[str] | None = None,
    rate_limit_rpm: int | None = None,
    test: bool = False,
    expires_at: datetime | None = None,
) -> NewKey:
    """Make a key with scopes that the actor holds.

    Raises `Forbidden` for a scope beyond the actor's, `Conflict` at the tier's
    number of keys, `Invalid` for an expiry in the past.
    """
    tenant = _lock_tenant(actor)
    if scopes is None:
        scopes = [scope for scope in DEFAULT_KEY_SCOPES if scope in actor.scopes]
    _refuse_escalation(actor, scopes)
    if expires_at is not None and expires_at <= actor.now():
        raise Invalid(("expires_at", "This lies in the past.", "invalid"))
    limit = TIERS[tenant.tier].max_keys
    if ApiKey.objects.for_actor(actor).active(actor.now()).count() >= limit:
        raise Conflict(f"The tier {tenant.tier} has room for {limit} keys.", detail={"limit": limit})
    made = _mint(
        actor,
        livemode=actor.livemode and not test,
        name=name,
        scopes=sorted(set(scopes)),
        rate_limit_rpm=rate_limit_rpm or TIERS[tenant.tier].rpm,
        has_own_limit=rate_limit_rpm is not None,
        expires_at=expires_at,
    )
    record(actor=actor, action="api_key.created", target_type="api_key", target_id=made.key.id)
    return made


@operation
def update_key(
    *,
    actor: Actor,
    key_id: UUID,
    name: str | None = None,
    scopes: Sequence[str] | None = None,
    rate_limit_rpm: int | None = None,
) -> ApiKey:
    """Change name, scopes or limit of a live key; raises `NotFound`, `Forbidden` or `Conflict`."""
    key = _get_key(actor, key_id)
    if not key.is_active_at(actor.now()):
        raise Conflict("The key is revoked or has expired.")
    # Also for a change of name: nobody touches a key that can do more than they can.
    _refuse_escalation(actor, [*key.scopes, *(scopes or ())])
    changed = []
    if name is not None:
        key.name = name
        changed.append("name")
    if scopes is not None:
        key.scopes = sorted(set(scopes))
        changed.append("scopes")
    if rate_limit_rpm is not None:
        key.rate_limit_rpm, key.has_own_limit = rate_limit_rpm, True
        changed.append("rate_limit_rpm")
    if changed:
        key.save()
        record(
            actor=actor,
            action="api_key.updated",
            target_type="api_key",
            target_id=key.id,
            metadata={"fields": changed},
        )
    return key


@operation
def rotate_key(*, actor: Actor, key_id: UUID, grace_hours: int = 0) -> NewKey:
    """Replace a key by one with the same rights; the old one lives on for the grace (hours).

    Works at the tier's number of keys. Raises `NotFound`, `Forbidden`, and
    `Conflict` for a key that is revoked, expired or rotated already.
    """
    _lock_tenant(actor)
    key = _get_key(actor, key_id)
    if key.revoked_at is not None or not key.is_active_at(actor.now()):
        raise Conflict("The key is revoked, has expired or was rotated already.")
    _refuse_escalation(actor, key.scopes)
    made = _mint(
        actor,
        livemode=key.livemode,
        name=key.name,
        scopes=key.scopes,
        rate_limit_rpm=key.rate_limit_rpm,
        has_own_limit=key.has_own_limit,
        expires_at=key.expires_at,
    )
    key.revoked_at = actor.now() + timedelta(hours=grace_hours)
    key.replaced_by = made.key.id
    key.save(update_fields=["revoked_at", "replaced_by"])
    record(
        actor=actor,
        action="api_key.rotated",
        target_type="api_key",
        target_id=key.id,
        metadata={"new_key_id": str(made.key.id), "grace_hours": grace_hours},
    )
    return made


@operation
def revoke_key(*, actor: Actor, key_id: UUID) -> ApiKey:
    """End a key at once; a key that is revoked already is left as it is. Raises `NotFound`."""
    key = _get_key(actor, key_id)
    now = actor.now()
    if key.revoked_at is None or key.revoked_at > now:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        record(actor=actor, action="api_key.revoked", target_type="api_key", target_id=key.id)
    return key
