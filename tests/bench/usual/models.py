from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from rest_framework_api_key.models import (  # type: ignore[import-not-found]  # in the peer's own environment
    AbstractAPIKey,
)


class Row(models.Model):
    # Named for the type checker, which runs under the product's settings.
    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True


class Tenant(Row):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=100)
    tier = models.CharField(max_length=20)


class TenantKey(AbstractAPIKey):  # type: ignore[misc]  # likewise
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="keys")
    scopes = models.JSONField(default=list)
    livemode = models.BooleanField(default=True)


class Balance(Row):
    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, primary_key=True)
    balance = models.BigIntegerField(default=0)
    lifetime_used = models.BigIntegerField(default=0)


class Session(Row):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)
    livemode = models.BooleanField()
    status = models.CharField(max_length=10, default="active")
    chief_complaint = models.CharField(max_length=64)
    age = models.PositiveSmallIntegerField(null=True)
    sex = models.CharField(max_length=6, blank=True)
    intake = models.JSONField(default=list)
    triage_level = models.CharField(max_length=10)
    active_branches = models.JSONField(default=list)
    red_flags = models.JSONField(default=list)
    questions_asked = models.PositiveSmallIntegerField(default=0)
    current_question = models.JSONField(null=True)
    primary_diagnosis = models.CharField(max_length=100, blank=True)
    primary_diagnosis_icd = models.CharField(max_length=10, blank=True)
    primary_probability = models.FloatField(null=True)
    engine_version = models.CharField(max_length=20)
    knowledge_version = models.CharField(max_length=40)
    event_sequence = models.PositiveIntegerField(default=0)
    last_input = models.BinaryField(null=True)
    last_input_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "livemode", "-created_at"]),
            models.Index(fields=["tenant", "livemode", "status", "-created_at"]),
        ]


class Answer(Row):
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="answers")
    place = models.PositiveSmallIntegerField()
    question_id = models.CharField(max_length=100)
    raw_text = models.CharField(max_length=4000, blank=True)
    findings = models.JSONField(default=dict)
    flags = models.JSONField(default=list)
    confidences = models.JSONField(default=dict)
    is_skipped = models.BooleanField(default=False)
    is_unclear = models.BooleanField(default=False)
    tokens_charged = models.PositiveIntegerField(default=0)
    triage_level = models.CharField(max_length=10)
    answered_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "question_id"], name="one_answer")]


class Usage(Row):
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)
    session = models.ForeignKey(Session, on_delete=models.CASCADE)
    key = models.ForeignKey(TenantKey, on_delete=models.CASCADE)
    action = models.CharField(max_length=20)
    tokens_charged = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-created_at"])]


class Event(Row):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)
    session = models.ForeignKey(Session, on_delete=models.CASCADE)
    sequence = models.PositiveIntegerField()
    event_type = models.CharField(max_length=40)
    data = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-created_at"])]


class AuditEntry(Row):
    """Chained: each hash covers the entry before."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)
    seq = models.BigIntegerField()
    action = models.CharField(max_length=60)
    actor_id = models.CharField(max_length=150)
    target_id = models.CharField(max_length=64)
    ip = models.CharField(max_length=45)
    metadata = models.JSONField(default=dict)
    hash = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "seq"], name="audit_chain")]
        indexes = [models.Index(fields=["tenant", "-created_at"])]


class AuditHead(Row):
    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField(default=b"")


class IdempotentCall(Row):
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField()
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="one_call")]
