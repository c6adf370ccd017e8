from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.scoping import LivemodeQuerySet, TenantOwned


def _facts() -> ArrayField:  # type: ignore[type-arg]  # the field has no parameters at run time
    return ArrayField(models.CharField(max_length=200), default=list)


class Patient(TenantOwned):
    """What a partner has told us of a person, under the partner's own id."""

    LISTS: ClassVar = (
        "chronic_conditions",
        "current_medications",
        "allergies",
        "risk_factors",
        "family_history",
    )
    TEXTS: ClassVar = ("smoking_status", "alcohol_status")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    livemode = models.BooleanField()
    partner_patient_id = models.CharField(max_length=100)
    chronic_conditions = _facts()
    current_medications = _facts()
    allergies = _facts()
    risk_factors = _facts()
    family_history = _facts()
    smoking_status = models.CharField(max_length=50, blank=True)
    alcohol_status = models.CharField(max_length=50, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = LivemodeQuerySet["Patient"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "livemode", "partner_patient_id"], name="patient_partner_id"
            ),
            models.UniqueConstraint(fields=["tenant", "id"], name="patient_in_tenant"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "livemode", "-updated_at", "-id"], name="patient_newest")
        ]
