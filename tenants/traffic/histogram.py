"""A histogram of durations with fixed bounds, so that those of hours and processes add up."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2

# The bucket of index i holds durations up to 2 ** (i / 2) milliseconds; the last one all the longer ones.
BUCKETS = 34


def bucket_of(milliseconds: float) -> int:
    """The index of the bucket that a duration falls into."""
    if milliseconds <= 1:
        return 0
    return min(BUCKETS - 1, ceil(2 * log2(milliseconds)))


def percentile(counts: Sequence[int], share: float) -> float | None:
    """The duration in milliseconds that a share (0-1) of the calls did not exceed; None without calls.

    The upper bound of its bucket, so at most 41 % above the true one.
    """
    rank = ceil(share * sum(counts))
    seen = 0
    for index, count in enumerate(counts):
        seen += count
        if count and seen >= rank:
            return float(2 ** (index / 2))
    return None
