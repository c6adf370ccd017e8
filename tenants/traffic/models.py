from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.scoping import LivemodeQuerySet, TenantOwned


class TrafficHour(TenantOwned):
    """The calls of one key to one route in one hour (UTC), for pages that must not read every call."""

    id = models.BigAutoField(primary_key=True)
    livemode = models.BooleanField()
    # None: by a person.
    key_id = models.UUIDField(null=True)
    # Method and pattern ("POST /v1/sessions/<id:session_id>/answer"), never a path with ids.
    route = models.CharField(max_length=200)
    hour_at = models.DateTimeField()
    calls = models.PositiveBigIntegerField()
    # Of these: answered 429; 4xx with those; 5xx.
    throttled = models.PositiveBigIntegerField()
    client_errors = models.PositiveBigIntegerField()
    server_errors = models.PositiveBigIntegerField()
    # Calls by duration, see `histogram`.
    durations = ArrayField(models.PositiveBigIntegerField())

    objects = LivemodeQuerySet["TrafficHour"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "livemode", "hour_at", "key_id", "route"],
                name="traffic_hour_once",
                nulls_distinct=False,
            )
        ]
