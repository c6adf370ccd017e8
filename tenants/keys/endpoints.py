from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from config.endpoint import Endpoint
from config.errors import Invalid
from config.fields import ShortList
from config.paging import ArrayQuery, Listed
from tenants.keys.models import ApiKey
from tenants.keys.operations import NewKey as MadeKey
from tenants.keys.operations import create_key, revoke_key, rotate_key, update_key
from tenants.keys.queries import visible_keys
from tenants.scopes import KEY_SCOPES


class NewKey(serializers.Serializer[Any]):
    name = serializers.CharField(min_length=1, max_length=100)
    scopes = ShortList(
        child=serializers.ChoiceField(choices=KEY_SCOPES),
        max_length=len(KEY_SCOPES),
        allow_null=True,
        required=False,
        default=None,
    )
    rate_limit_rpm = serializers.IntegerField(
        min_value=1, max_value=10000, allow_null=True, required=False, default=None
    )
    test = serializers.BooleanField(default=False)
    expires_at = serializers.DateTimeField(allow_null=True, required=False, default=None)


class KeyChange(serializers.Serializer[Any]):
    name = serializers.CharField(min_length=1, max_length=100, allow_null=True, required=False)
    scopes = ShortList(
        child=serializers.ChoiceField(choices=KEY_SCOPES),
        max_length=len(KEY_SCOPES),
        allow_null=True,
        required=False,
    )
    rate_limit_rpm = serializers.IntegerField(min_value=1, max_value=10000, allow_null=True, required=False)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Refuse the fields of a key that only a rotation changes; unknown ones are ignored as everywhere."""
        fixed = KeyOut().fields.keys() - self.fields.keys()
        sent = sorted(fixed & set(data))
        if sent:
            raise Invalid(
                *((name, "This cannot be changed; rotate the key instead.", "read_only") for name in sent)
            )
        found: dict[str, Any] = super().to_internal_value(data)
        return found


class Rotation(serializers.Serializer[Any]):
    grace_hours = serializers.IntegerField(min_value=0, max_value=72, default=0)


class KeyOut(serializers.Serializer[Any]):
    key_id = serializers.UUIDField()
    key_prefix = serializers.CharField()
    key_suffix = serializers.CharField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    rate_limit_rpm = serializers.IntegerField()
    is_active = serializers.BooleanField()
    livemode = serializers.BooleanField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class KeyShownOnce(KeyOut):
    raw_key = serializers.CharField()


class KeyRevoked(serializers.Serializer[Any]):
    key_id = serializers.UUIDField()
    is_active = serializers.BooleanField()
    revoked_at = serializers.DateTimeField()


def shape_key(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.id,
        "key_prefix": key.key_prefix,
        "key_suffix": key.key_suffix,
        "name": key.name,
        "scopes": key.scopes,
        "rate_limit_rpm": key.rate_limit_rpm,
        "is_active": key.is_active_at(timezone.now()),
        "livemode": key.livemode,
        "last_used_at": key.last_used_at,
        "expires_at": key.expires_at,
        "created_at": key.created_at,
    }


def shape_made(made: MadeKey) -> dict[str, Any]:
    return shape_key(made.key) | {"raw_key": made.raw_key}


class ListKeys(Endpoint):
    """The tenant's API keys, newest first."""

    scope = "admin:read"
    takes = ArrayQuery
    gives = KeyOut
    gives_many = True
    operation = staticmethod(visible_keys)
    shape = staticmethod(lambda keys: [shape_key(key) for key in keys.rows])
    headers = staticmethod(Listed.headers)


class CreateKey(Endpoint):
    """Create an API key; its secret is in this reply only."""

    scope = "admin:write"
    takes = NewKey
    gives = KeyShownOnce
    operation = staticmethod(create_key)
    shape = staticmethod(shape_made)
    shows_secret = True
    status = 201


class UpdateKey(Endpoint):
    """Change an API key's name, scopes or rate limit."""

    scope = "admin:write"
    takes = KeyChange
    gives = KeyOut
    operation = staticmethod(update_key)
    shape = staticmethod(shape_key)


class RotateKey(Endpoint):
    """Replace an API key by a new one with the same rights."""

    scope = "admin:write"
    takes = Rotation
    gives = KeyShownOnce
    operation = staticmethod(rotate_key)
    shape = staticmethod(shape_made)
    shows_secret = True


class RevokeKey(Endpoint):
    """Revoke an API key at once."""

    scope = "admin:write"
    gives = KeyRevoked
    operation = staticmethod(revoke_key)
    shape = staticmethod(lambda key: {"key_id": key.id, "is_active": False, "revoked_at": key.revoked_at})
