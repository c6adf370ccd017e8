"""The tiers and the prices of actions (data only)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tier:
    name: str
    monthly_usd: int
    tokens: int
    concurrent_sessions: int
    max_keys: int
    # Requests a minute of a key that asks for no limit of its own.
    rpm: int
    sla: str | None


TIERS = {
    tier.name: tier
    for tier in (
        Tier("free_trial", 0, 1_000, 5, 2, 10, None),
        Tier("starter", 300, 10_000, 20, 5, 30, "99 %"),
        Tier("growth", 1_300, 50_000, 50, 10, 60, "99.5 %"),
        Tier("scale", 5_750, 250_000, 200, 25, 120, None),
        Tier("enterprise", 20_000, 1_000_000, 1_000, 100, 300, "99.9 %"),
    )
}

# Tokens per action of a live key; a test key pays nothing.
PRICES = {"create": 1, "route": 5, "answer": 8, "skip": 0}

# Shares of `initial_balance` whose crossing is announced, from the highest.
THRESHOLDS = (("low_20", 0.20), ("low_10", 0.10), ("depleted", 0.0))
