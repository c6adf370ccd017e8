from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from config.celery import nudge
from tenants.actor import system_actor
from tenants.mail.models import Mail
from tenants.mail.operations import send_due_mail

# A younger mail has its nudge under way.
NUDGED_FOR = timedelta(seconds=60)
BATCH = 200


# Ends before the lease does, so that no two attempts overlap.
@shared_task(soft_time_limit=50)
def send_mail(tenant_id: str, mail_id: str) -> bool:
    """Send one mail if it is due; whether it was sent."""
    return send_due_mail(actor=system_actor(UUID(tenant_id)), mail_id=UUID(mail_id))


@shared_task
def sweep_unsent() -> int:
    """Ask again for mails whose nudge was lost and for those due again, of all tenants; how many."""
    now = timezone.now()
    forgotten = Mail.objects.using("system").due(now).older_than(NUDGED_FOR, now).order_by("next_attempt_at")
    rows = list(forgotten.values_list("tenant_id", "id")[:BATCH])
    for tenant_id, mail_id in rows:
        nudge(send_mail, tenant_id=str(tenant_id), mail_id=str(mail_id))
    return len(rows)
