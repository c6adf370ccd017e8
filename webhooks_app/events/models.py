from __future__ import annotations

from django.db import models

from tenants.ids import uuid7
from tenants.scoping import LivemodeQuerySet, TenantOwned


class Event(TenantOwned):
    """The outbox: what happened, written in the transaction in which it happened."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    livemode = models.BooleanField()
    event_type = models.CharField(max_length=40)
    session_id = models.UUIDField(null=True)
    # Counts the events of one session, from 1; 0 for events of no session.
    sequence = models.PositiveIntegerField(default=0)
    data = models.JSONField()
    created_at = models.DateTimeField()

    objects = LivemodeQuerySet["Event"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "livemode", "-created_at", "-id"], name="event_newest"),
            models.Index(fields=["tenant", "session_id"], name="event_by_session"),
        ]
