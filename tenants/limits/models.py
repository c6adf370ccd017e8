from __future__ import annotations

from typing import Self

from django.db import models

from tenants.scoping import LivemodeQuerySet, TenantOwned


class IdempotentCallQuerySet(LivemodeQuerySet["IdempotentCall"]):
    def about_patient(self, patient_id: object) -> Self:
        return self.filter(patient_id=patient_id)


class IdempotentCall(TenantOwned):
    """The first reply to an Idempotency-Key, kept for 24 hours."""

    id = models.BigAutoField(primary_key=True)
    livemode = models.BooleanField()
    key = models.CharField(max_length=255)
    # SHA-256 of method, path and body: another request under the same key is an error.
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    # Encrypted: a reply may hold an API key or findings of a patient.
    body = models.BinaryField()
    tokens_charged = models.IntegerField(null=True)
    session_id = models.UUIDField(null=True)
    patient_id = models.UUIDField(null=True)
    expires_at = models.DateTimeField()

    objects = IdempotentCallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "livemode", "key"], name="idempotent_call_once")
        ]
        indexes = [
            models.Index(fields=["tenant", "session_id"], name="idempotent_call_by_session"),
            models.Index(fields=["tenant", "patient_id"], name="idempotent_call_by_patient"),
            models.Index(fields=["expires_at"], name="idempotent_call_expiry"),
        ]
