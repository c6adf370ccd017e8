"""Django finds the models of all slices here."""

from billing.ledger.models import BalanceEntry, TokenBalance, UsageRecord

__all__ = ["BalanceEntry", "TokenBalance", "UsageRecord"]
