"""Row ids that sort by time."""

from __future__ import annotations

import os
from datetime import datetime
from uuid import UUID

from django.utils import timezone


def uuid7(at: datetime | None = None) -> UUID:
    """A version 7 UUID (RFC 9562) of the given instant, or of now."""
    instant = at or timezone.now()
    milliseconds = int(instant.timestamp() * 1000)
    # Sub-millisecond order, so that rows of one burst keep the order they were made in.
    fraction = (instant.microsecond % 1000) * 4096 // 1000
    random = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random)
