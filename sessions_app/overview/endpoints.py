from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.endpoint import Endpoint
from sessions_app.overview.queries import identity, stats


class TenantOut(serializers.Serializer[Any]):
    tenant_id = serializers.UUIDField()
    name = serializers.CharField()
    tier = serializers.CharField()


class CallingKeyOut(serializers.Serializer[Any]):
    key_id = serializers.UUIDField()
    name = serializers.CharField()
    key_prefix = serializers.CharField()


class CallingMemberOut(serializers.Serializer[Any]):
    member_id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.CharField()


class MeOut(serializers.Serializer[Any]):
    tenant = TenantOut()
    balance = serializers.IntegerField()
    livemode = serializers.BooleanField()
    scopes = serializers.ListField(child=serializers.CharField())
    key = CallingKeyOut(required=False)
    member = CallingMemberOut(required=False)


class SessionCountsOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    active = serializers.IntegerField()
    finalized = serializers.IntegerField()
    expired = serializers.IntegerField()
    last_30_days = serializers.IntegerField()


class LevelCountsOut(serializers.Serializer[Any]):
    self_care = serializers.IntegerField()
    routine = serializers.IntegerField()
    urgent = serializers.IntegerField()
    emergency = serializers.IntegerField()


class TokenCountsOut(serializers.Serializer[Any]):
    balance = serializers.IntegerField()
    used_30_days = serializers.IntegerField()


class KeyCountsOut(serializers.Serializer[Any]):
    active = serializers.IntegerField()


class WebhookCountsOut(serializers.Serializer[Any]):
    subscriptions = serializers.IntegerField()
    failing = serializers.IntegerField()


class AccuracyCountsOut(serializers.Serializer[Any]):
    correct = serializers.IntegerField()
    partially_correct = serializers.IntegerField()
    incorrect = serializers.IntegerField()


class StatsOut(serializers.Serializer[Any]):
    sessions = SessionCountsOut()
    triage = LevelCountsOut()
    tokens = TokenCountsOut()
    keys = KeyCountsOut()
    webhooks = WebhookCountsOut()
    feedback = AccuracyCountsOut()


class Me(Endpoint):
    """Who is calling: tenant, balance, mode, scopes."""

    scope = None
    gives = MeOut
    operation = staticmethod(identity)


class GetStats(Endpoint):
    """Counts over the tenant's sessions, tokens, keys and feedback."""

    scope = "admin:read"
    gives = StatsOut
    operation = staticmethod(stats)
