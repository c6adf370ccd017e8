from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction

from config.celery import nudge
from tenants.actor import Actor
from tenants.crypto import encrypt
from tenants.ids import uuid7
from tenants.mail.messages import compose
from tenants.mail.models import Mail
from tenants.organisations.models import User
from tenants.work import operation

# How long one attempt may take before another is made; the task's own limit is shorter.
LEASE = timedelta(seconds=60)
# Waits after the first failure, the second and so on; after the last the mail is given up.
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
logger = logging.getLogger("nessy.mail")


@operation
def queue_mail(*, actor: Actor, user: User, template: str, context: dict[str, Any]) -> Mail:
    """Have a mail sent once the transaction under way has committed.

    `template` names the three files `templates/emails/<template>.{subject,txt,html}`;
    `context` holds JSON values and no patient data.
    """
    from tenants.mail.tasks import send_mail

    now = actor.now()
    mail = Mail.objects.create(
        id=uuid7(actor.at),
        tenant_id=actor.tenant_id,
        user=user,
        template=template,
        language=user.language if user.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
        context=encrypt(orjson.dumps(context)),
        created_at=now,
        next_attempt_at=now,
    )
    transaction.on_commit(partial(nudge, send_mail, tenant_id=str(mail.tenant_id), mail_id=str(mail.id)))
    return mail


def send_due_mail(*, actor: Actor, mail_id: UUID) -> bool:
    """Send the mail if it is due and nobody else is at it; whether it was sent.

    A failure makes it due again later. No row is locked while the network is used.
    """
    mail = _claim(actor=actor, mail_id=mail_id)
    if mail is None:
        return False
    try:
        compose(mail).send()
    except Exception as error:  # noqa: BLE001  # whatever it was, the mail must be tried again and not for ever
        _postpone(actor=actor, mail=mail, error=type(error).__name__)
        return False
    _settle(actor=actor, mail=mail, sent_at=actor.now(), next_attempt_at=None, last_error="", context=b"")
    return True


@operation
def _claim(*, actor: Actor, mail_id: UUID) -> Mail | None:
    due = Mail.objects.for_actor(actor).due(actor.now()).select_related("user")
    mail = due.select_for_update(skip_locked=True, of=("self",)).filter(id=mail_id).first()
    if mail is None:
        return None
    if mail.attempts > len(BACKOFF):
        # Its attempts never came to an end: it may be what kills the worker.
        _give_up(actor=actor, mail=mail, error="Interrupted")
        return None
    mail.attempts += 1
    mail.next_attempt_at = actor.now() + LEASE
    mail.save(update_fields=["attempts", "next_attempt_at"])
    return mail


def _postpone(*, actor: Actor, mail: Mail, error: str) -> None:
    if mail.attempts > len(BACKOFF):
        _give_up(actor=actor, mail=mail, error=error)
        return
    logger.warning("mail %s failed at attempt %d: %s", mail.id, mail.attempts, error)
    again_at = actor.now() + BACKOFF[mail.attempts - 1]
    _settle(actor=actor, mail=mail, next_attempt_at=again_at, last_error=error)


def _give_up(*, actor: Actor, mail: Mail, error: str) -> None:
    logger.error("mail %s is given up after %d attempts: %s", mail.id, mail.attempts, error)
    _settle(actor=actor, mail=mail, next_attempt_at=None, last_error=error, context=b"")


@operation
def _settle(*, actor: Actor, mail: Mail, **outcome: Any) -> None:
    # Only if no later attempt has begun: an attempt that outlived its lease has no say any more.
    Mail.objects.for_actor(actor).filter(id=mail.id, attempts=mail.attempts).update(**outcome)
