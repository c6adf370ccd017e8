"""Row-level security of the outbox."""

from django.db import migrations

from tenants.rls import protect


class Migration(migrations.Migration):
    dependencies = [("webhooks_app", "0001_initial"), ("tenants", "0002_security")]

    operations = [protect("webhooks_app_event")]
