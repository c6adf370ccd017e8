"""Row-level security of the ledger; its entries can only be added."""

from django.db import migrations

from tenants.rls import append_only, protect


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("tenants", "0002_security")]

    operations = [
        protect("billing_tokenbalance"),
        protect("billing_usagerecord"),
        protect("billing_balanceentry"),
        append_only("billing_usagerecord"),
        append_only("billing_balanceentry"),
    ]
