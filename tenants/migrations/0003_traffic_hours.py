"""Roll-ups of calls: one row per hour, key and route."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import protect


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_security")]

    operations = [
        migrations.CreateModel(
            name="TrafficHour",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("livemode", models.BooleanField()),
                ("key_id", models.UUIDField(null=True)),
                ("route", models.CharField(max_length=200)),
                ("hour_at", models.DateTimeField()),
                ("calls", models.PositiveBigIntegerField()),
                ("throttled", models.PositiveBigIntegerField()),
                ("client_errors", models.PositiveBigIntegerField()),
                ("server_errors", models.PositiveBigIntegerField()),
                (
                    "durations",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveBigIntegerField(), size=None
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "livemode", "hour_at", "key_id", "route"),
                        name="traffic_hour_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        protect("tenants_traffichour"),
    ]
