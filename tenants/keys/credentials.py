"""API keys as text: `nsy_live_` or `nsy_test_`, 20 random base62 characters, 6 of checksum.

The checksum (CRC-32 of everything before it) lets a secret scanner, and our
own parser, tell a key from noise without a look-up.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from config.errors import Forbidden, Unauthorized
from tenants.actor import Actor
from tenants.crypto import key_hash
from tenants.keys.models import ApiKey
from tenants.limits.window import allowed_rpm, check_window
from tenants.rls import tenant_transaction
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
    row = _look_up(raw_key)
    now = timezone.now()
    if row is None or (row["revoked_at"] and row["revoked_at"] <= now):
        raise Unauthorized("The API key is not valid.")
    if row["expires_at"] and row["expires_at"] <= now:
        raise Unauthorized("The API key has expired.")
    if row["suspended_at"]:
        raise Forbidden("This workspace is suspended.")
    last_used = row["last_used_at"]
    if last_used is None or (now - last_used).total_seconds() > LAST_USED_EVERY_SECONDS:
        _note_use(row["tenant_id"], row["key_id"])
    return Actor(
        tenant_id=row["tenant_id"],
        kind="key",
        id=row["key_id"],
        scopes=effective(row["scopes"]),
        livemode=row["livemode"],
        request_id=request_id,
        ip=ip,
        rpm=allowed_rpm(
            row["rate_limit_rpm"], has_own_limit=row["has_own_limit"], override=row["rate_limit_override"]
        ),
        tier=row["tier"],
    )


def _look_up(raw_key: str) -> dict[str, Any] | None:
    with connection.cursor() as cursor:
        for pepper in sorted(settings.KEY_PEPPERS, reverse=True):
            cursor.execute("SELECT * FROM key_actor(%s)", [key_hash(raw_key, pepper)])
            columns = [column.name for column in cursor.description or ()]
            row = dict(zip(columns, cursor.fetchone() or (), strict=True))
            if row.get("key_id") and row["scopes"] is not None:
                return row
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
