from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from tenants.limits.operations import forget_calls


@shared_task
def forget_old_calls() -> int:
    """Remove kept replies past their 24 hours; how many."""
    return forget_calls(now=timezone.now())
