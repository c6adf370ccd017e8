"""API keys as text: `nsy_live_` or `nsy_test_`, 20 random base62 characters, 6 of checksum.

The checksum (CRC-32 of everything before it) lets a secret scanner, and our
own parser, tell a key from noise without a look-up.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from config.errors import Forbidden, Unauthorized
from tenants.actor import Actor
from tenants.crypto import key_hash
from tenants.keys.models import ApiKey
from tenants.limits.window import allowed_rpm, check_window
from tenants.rls import tenant_transaction
from tenants.rows import look_up
from tenants.scopes import effective

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 20
CHECKSUM_LENGTH = 6
_FORMAT = re.compile(r"nsy_(live|test)_[0-9A-Za-z]{26}", re.ASCII)
# Failed sign-ins and public calls: requests a minute and address.
PUBLIC_RPM = 120
LAST_USED_EVERY_SECONDS = 60


def _checksum(text: str) -> str:
    number = zlib.crc32(text.encode())
    digits = []
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def make_key(*, livemode: bool) -> str:
    body = "nsy_live_" if livemode else "nsy_test_"
    body += "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return body + _checksum(body)


def is_key(text: str) -> bool:
    """Whether the text has a key's form and its checksum is right."""
    return bool(_FORMAT.fullmatch(text)) and secrets.compare_digest(
        text[-CHECKSUM_LENGTH:], _checksum(text[:-CHECKSUM_LENGTH])
    )


def actor_of_key(raw_key: str, *, request_id: str, ip: str) -> Actor:
    """Who the key is; raises `Unauthorized` for one that is unknown, revoked or expired."""
    if not is_key(raw_key):
        raise Unauthorized("The API key is not valid.")
    found = _look_up(raw_key)
    now = timezone.now()
    if found is None or (found.revoked_at and found.revoked_at <= now):
        raise Unauthorized("The API key is not valid.")
    if found.expires_at and found.expires_at <= now:
        raise Unauthorized("The API key has expired.")
    if found.suspended_at:
        raise Forbidden("This workspace is suspended.")
    last_used = found.last_used_at
    if last_used is None or (now - last_used).total_seconds() > LAST_USED_EVERY_SECONDS:
        _note_use(found.tenant_id, found.key_id)
    return Actor(
        tenant_id=found.tenant_id,
        kind="key",
        id=found.key_id,
        scopes=effective(found.scopes),
        livemode=found.livemode,
        request_id=request_id,
        ip=ip,
        rpm=allowed_rpm(
            found.rate_limit_rpm, has_own_limit=found.has_own_limit, override=found.rate_limit_override
        ),
        tier=found.tier,
    )


class _Found(NamedTuple):
    """What `key_actor` tells of a key."""

    tenant_id: UUID
    key_id: UUID
    livemode: bool
    scopes: list[str]
    rate_limit_rpm: int
    has_own_limit: bool
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    tier: str
    rate_limit_override: int | None
    suspended_at: datetime | None


_LOOK_UP = f"SELECT {', '.join(_Found._fields)} FROM key_actor(%s)"  # noqa: S608  # names of columns


def _look_up(raw_key: str) -> _Found | None:
    for pepper in sorted(settings.KEY_PEPPERS, reverse=True):
        [row] = look_up(_LOOK_UP, [key_hash(raw_key, pepper)])
        found = _Found(*row)
        if found.key_id and found.scopes is not None:
            return found
    return None


def _note_use(tenant_id: Any, key_id: Any) -> None:
    # At most once a minute and key: writing it on every request would cost more than the request.
    with tenant_transaction(tenant_id):
        ApiKey.objects.filter(tenant_id=tenant_id, id=key_id).update(last_used_at=timezone.now())


class KeyAuthentication(BaseAuthentication):
    """The bearer of an API key, as an Actor."""

    def authenticate(self, request: Request) -> tuple[Actor, Actor]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        ip: str = request._request.client_ip  # type: ignore[attr-defined]  # set by RequestContext
        try:
            if scheme.lower() != "bearer" or not token.strip():
                raise Unauthorized
            actor = actor_of_key(
                token.strip(),
                request_id=request._request.request_id,  # type: ignore[attr-defined]  # set by RequestContext
                ip=ip,
            )
        except Unauthorized:
            limit_address(ip)
            raise
        return actor, actor


def limit_address(ip: str) -> None:
    """Count a public or refused call of an address; raises `RateLimited` over 120 a minute."""
    check_window(f"ip:{ip}", PUBLIC_RPM).require_admission()
