"""Scope names and what each role may do (data only)."""

from __future__ import annotations

from collections.abc import Iterable

KEY_SCOPES = (
    "sessions:read",
    "sessions:write",
    "patients:read",
    "patients:write",
    "webhooks:read",
    "webhooks:write",
    "admin:read",
    "admin:write",
)
# These two exist for roles only; the admin scopes imply them.
BILLING_SCOPES = ("billing:read", "billing:write")
DEFAULT_KEY_SCOPES = ("sessions:read", "sessions:write", "patients:read", "patients:write")

ROLES = ("owner", "admin", "developer", "viewer", "billing")
ROLE_SCOPES: dict[str, frozenset[str]] = {
    "owner": frozenset(KEY_SCOPES),
    "admin": frozenset(KEY_SCOPES),
    "developer": frozenset(s for s in KEY_SCOPES if s != "admin:write"),
    "viewer": frozenset(s for s in KEY_SCOPES if s.endswith(":read")),
    "billing": frozenset(BILLING_SCOPES),
}
_IMPLIED = {"admin:read": "billing:read", "admin:write": "billing:write"}


def effective(scopes: Iterable[str]) -> frozenset[str]:
    """The given scopes and those that they imply."""
    held = frozenset(scopes)
    return held | {_IMPLIED[scope] for scope in held if scope in _IMPLIED}
