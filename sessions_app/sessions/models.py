from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from sessions_app.patients.models import Patient
from tenants.ids import uuid7
from tenants.scoping import LivemodeQuerySet, TenantOwned, TenantQuerySet

# From the lowest.
LEVELS = ("self_care", "routine", "urgent", "emergency")
STATUSES = ("active", "finalized", "expired")
SEXES = ("male", "female", "other")
ACCURACIES = ("correct", "partially_correct", "incorrect")


class SessionQuerySet(LivemodeQuerySet["Session"]):
    def active(self) -> Self:
        return self.filter(status="active")

    def idle_at(self, now: datetime) -> Self:
        """Active sessions that nobody has answered for too long."""
        return self.active().filter(expires_at__lte=now)


class Session(TenantOwned):
    """One interview. What was said is in `intake` and its answers; the rest follows from that."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    livemode = models.BooleanField()
    patient = models.ForeignKey(
        Patient,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="sessions",
        db_constraint=False,
        db_index=False,
    )
    key_id = models.UUIDField(null=True)
    status = models.CharField(max_length=10, default="active", choices=[(s, s) for s in STATUSES])
    # The branch, and the words that led to it.
    chief_complaint = models.CharField(max_length=64)
    complaint_text = models.CharField(max_length=500, blank=True)
    age = models.PositiveSmallIntegerField(null=True)
    sex = models.CharField(max_length=6, blank=True)
    # What was known besides answers (profile, initial fields, free texts), as engine entries in order.
    intake = models.JSONField(default=list)

    # Recomputed by the engine at every change.
    triage_level = models.CharField(max_length=10, choices=[(level, level) for level in LEVELS])
    active_branches = ArrayField(models.CharField(max_length=64), default=list)
    red_flags = ArrayField(models.CharField(max_length=64), default=list)
    questions_asked = models.PositiveSmallIntegerField(default=0)
    current_question = models.JSONField(null=True)
    primary_diagnosis = models.CharField(max_length=100, blank=True)
    primary_diagnosis_icd = models.CharField(max_length=10, blank=True)
    primary_probability = models.FloatField(null=True)
    engine_version = models.CharField(max_length=20)
    knowledge_version = models.CharField(max_length=40)

    # The reply to finalize, frozen: later knowledge does not rewrite what was said.
    result = models.JSONField(null=True)
    # Events emitted so far; numbers them for receivers.
    event_sequence = models.PositiveIntegerField(default=0)
    # Keyed digest of the last answer's input, while nothing else has changed since: a lost reply that is
    # asked for again is not charged again.
    last_input = models.BinaryField(null=True, max_length=32)
    last_input_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "id"], name="session_in_tenant")]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "livemode", "-created_at", "-id"], name="session_newest"),
            models.Index(fields=["tenant", "livemode", "status", "-created_at"], name="session_by_status"),
            models.Index(fields=["tenant", "patient", "-created_at"], name="session_by_patient"),
            models.Index(fields=["expires_at"], name="session_idle", condition=models.Q(status="active")),
        ]


class Answer(TenantOwned):
    """The latest reply to one question of a session."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(
        Session, on_delete=models.DO_NOTHING, related_name="answers", db_constraint=False, db_index=False
    )
    # Order of answering, from 1; a late or repeated answer comes last.
    place = models.PositiveSmallIntegerField()
    question_id = models.CharField(max_length=100)
    raw_text = models.CharField(max_length=4000, blank=True)
    findings = models.JSONField(default=dict)
    flags = ArrayField(models.CharField(max_length=64), default=list)
    confidences = models.JSONField(default=dict)
    is_skipped = models.BooleanField(default=False)
    is_unclear = models.BooleanField(default=False)
    tokens_charged = models.PositiveIntegerField(default=0)
    triage_level = models.CharField(max_length=10)
    request_id = models.CharField(max_length=128)
    answered_at = models.DateTimeField()

    objects = TenantQuerySet["Answer"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "session", "question_id"], name="answer_once_per_question"
            )
        ]


class Feedback(TenantOwned):
    """What a clinician says of a finalized session; the latest word replaces an earlier one."""

    session = models.OneToOneField(
        Session, primary_key=True, on_delete=models.DO_NOTHING, related_name="feedback", db_constraint=False
    )
    livemode = models.BooleanField()
    accuracy = models.CharField(max_length=20, choices=[(a, a) for a in ACCURACIES])
    actual_diagnosis = models.CharField(max_length=200, blank=True)
    actual_icd10 = models.CharField(max_length=10, blank=True)
    notes = models.CharField(max_length=4000, blank=True)
    created_at = models.DateTimeField()

    objects = LivemodeQuerySet["Feedback"].as_manager()
