from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tenants.actor import Actor
from tenants.scoping import TenantOwned, TenantQuerySet


class ApiKeyQuerySet(TenantQuerySet["ApiKey"]):
    def visible_to(self, actor: Actor) -> Self:
        """The tenant's keys; a test key never learns of live ones."""
        keys = self.for_actor(actor)
        return keys if actor.livemode else keys.filter(livemode=False)

    def active(self, now: datetime) -> Self:
        """Keys that authenticate at `now`: a rotated one until its grace ends."""
        return self.filter(
            Q(revoked_at__isnull=True) | Q(revoked_at__gt=now),
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
        )


class ApiKey(TenantOwned):
    """A credential of a tenant's software; the secret itself is stored nowhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    livemode = models.BooleanField()
    name = models.CharField(max_length=100)
    key_prefix = models.CharField(max_length=13)
    key_suffix = models.CharField(max_length=4)
    scopes = ArrayField(models.CharField(max_length=30))
    rate_limit_rpm = models.PositiveIntegerField()
    # Asked for: a ceiling of its own, which an override may only lower.
    has_own_limit = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "id"], name="api_key_in_tenant")]
        indexes = [models.Index(fields=["tenant", "-created_at"], name="api_key_newest")]

    def is_active_at(self, now: datetime) -> bool:
        return not (
            (self.revoked_at is not None and self.revoked_at <= now)
            or (self.expires_at is not None and self.expires_at <= now)
        )


class KeyDirectory(models.Model):
    """Hash of a key -> its tenant: read before the tenant is known, so without row-level security."""

    key_hash = models.BinaryField(primary_key=True, max_length=32)
    pepper = models.PositiveSmallIntegerField()
    tenant_id = models.UUIDField()
    key_id = models.UUIDField(unique=True)
