"""A mail's row as the message that is sent."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from tenants.mail.models import Mail


def compose(mail: Mail) -> EmailMultiAlternatives:
    """The mail in its language, as text and as HTML."""
    context = {"public_url": settings.PUBLIC_URL, "name": mail.user.name, **mail.read_context()}
    with translation.override(mail.language):
        subject, text, html = (
            render_to_string(f"emails/{mail.template}.{part}", context) for part in ("subject", "txt", "html")
        )
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {
        # The same on every attempt: where one went through unnoticed, mailboxes drop the second.
        "Message-ID": f"<{mail.id}@{domain or 'localhost'}>",
        # RFC 3834: no out-of-office reply, please.
        "Auto-Submitted": "auto-generated",
    }
    message = EmailMultiAlternatives(
        " ".join(subject.split()), text.strip() + "\n", to=[mail.user.email], headers=headers
    )
    message.attach_alternative(html, "text/html")
    return message
