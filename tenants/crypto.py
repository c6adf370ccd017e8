"""Keyed hashes of secrets that we only compare, and encryption of those that we must read again."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def derive(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose, so that no two uses share a key."""
    return hmac.digest(secret.encode(), f"nessy:{purpose}".encode(), "sha256")


@cache
def _pepper(number: int) -> bytes:
    return derive(settings.KEY_PEPPERS[number], "api-key")


def newest_pepper() -> int:
    return max(settings.KEY_PEPPERS)


def key_hash(raw_key: str, pepper: int) -> bytes:
    """HMAC-SHA-256 of an API key; a slow hash is not needed for 119 random bits."""
    return hmac.digest(_pepper(pepper), raw_key.encode(), "sha256")


@cache
def _digest_key() -> bytes:
    return derive(settings.SECRET_KEY, "input-digest")


def input_digest(content: bytes) -> bytes:
    """A keyed digest to recognise equal input by; without the key it says nothing about it."""
    return hmac.digest(_digest_key(), content, hashlib.sha256)


@cache
def _fernet() -> MultiFernet:
    keys = (derive(secret, "storage") for secret in settings.ENCRYPTION_SECRETS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def encrypt(content: bytes) -> bytes:
    return _fernet().encrypt(content)


def decrypt(token: bytes) -> bytes:
    """Raise `cryptography.fernet.InvalidToken` for anything that none of our keys encrypted."""
    return _fernet().decrypt(token)
