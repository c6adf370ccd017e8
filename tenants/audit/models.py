from __future__ import annotations

from typing import ClassVar

from django.db import models

from tenants.ids import uuid7
from tenants.scoping import TenantOwned, TenantQuerySet


class AuditEvent(TenantOwned):
    """What was done by whom; append-only, each row's hash covers the row before it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Position in the tenant's chain, from 1.
    seq = models.BigIntegerField()
    created_at = models.DateTimeField()
    action = models.CharField(max_length=60)
    actor_type = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    target_type = models.CharField(max_length=30)
    # Our own id of the target, never a partner's id of a person.
    target_id = models.CharField(max_length=64)
    request_id = models.CharField(max_length=128)
    ip = models.CharField(max_length=45)
    # Names of changed fields, counts, levels; never values of patients.
    metadata = models.JSONField()
    livemode = models.BooleanField()
    hash = models.BinaryField(max_length=32)

    objects = TenantQuerySet["AuditEvent"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "seq"], name="audit_event_chain")]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "-created_at", "-id"], name="audit_event_newest"),
            models.Index(fields=["tenant", "action", "-created_at"], name="audit_event_by_action"),
            models.Index(fields=["tenant", "target_id", "-created_at"], name="audit_event_by_target"),
        ]


class AuditHead(models.Model):
    """The last row of a tenant's chain; locked while a row is added."""

    tenant = models.OneToOneField(
        "tenants.Tenant", primary_key=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32)

    objects = TenantQuerySet["AuditHead"].as_manager()
