from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import orjson
from django.db import models
from django.db.models import Q

from tenants.crypto import decrypt
from tenants.ids import uuid7
from tenants.scoping import TenantOwned, TenantQuerySet


class MailQuerySet(TenantQuerySet["Mail"]):
    def due(self, now: datetime) -> Self:
        return self.filter(next_attempt_at__lte=now)

    def older_than(self, age: timedelta, now: datetime) -> Self:
        return self.filter(created_at__lte=now - age)


class Mail(TenantOwned):
    """A mail to one person: what it says is rendered when it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey("tenants.User", on_delete=models.CASCADE, related_name="+")
    template = models.CharField(max_length=40)
    language = models.CharField(max_length=5)
    # Encrypted JSON, without patient data; emptied as soon as no attempt will follow.
    context = models.BinaryField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # None: sent or given up. While an attempt runs, when another may be made if it never ends.
    next_attempt_at = models.DateTimeField(null=True)
    # The exception's class: its text may quote an address.
    last_error = models.CharField(max_length=100, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False), name="mail_due"
            )
        ]

    def read_context(self) -> dict[str, Any]:
        context: dict[str, Any] = orjson.loads(decrypt(bytes(self.context)))
        return context
