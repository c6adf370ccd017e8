"""Tenant rows and the only way to them."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models

from tenants.actor import Actor

Row = TypeVar("Row", bound=models.Model, covariant=True)


class TenantQuerySet(models.QuerySet[Row]):
    def for_actor(self, actor: Actor) -> Self:
        """The rows of the actor's tenant; the first lock, row-level security is the second."""
        return self.filter(tenant_id=actor.tenant_id)


class LivemodeQuerySet(models.QuerySet[Row]):
    def for_actor(self, actor: Actor) -> Self:
        """The rows of the actor's tenant in the actor's mode: test keys never see live data."""
        return self.filter(tenant_id=actor.tenant_id, livemode=actor.livemode)


class TenantOwned(models.Model):
    """A table under row-level security.

    The key to the tenant has no index of its own: every index starts with it.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        abstract = True
