from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.ledger.queries import unbalanced


class Command(BaseCommand):
    help = "Check for every tenant that its balance is the sum of its credits less the sum of its debits."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = unbalanced()
        for tenant_id, balance, expected in wrong:
            self.stderr.write(f"{tenant_id}: balance {balance}, entries say {expected}")
        if wrong:
            raise CommandError(f"{len(wrong)} tenants are out of balance.")
        self.stdout.write("Every balance agrees with its entries.")
