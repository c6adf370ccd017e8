"""Mail of the embedded mode: files in a folder, and a page to read them on."""

from __future__ import annotations

import email
import email.policy
import os
import re
import uuid
from collections.abc import Sequence
from email.message import EmailMessage as ParsedMail
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from config.languages import in_language_of_reader
from config.middleware import client_address

LOOPBACK = frozenset({"127.0.0.1", "::1"})
_NAME = re.compile(r"[0-9A-Za-z.-]+\.eml", re.ASCII)


class FolderBackend(BaseEmailBackend):
    """Writes each mail to `$NESSY_DATA/mail/<time>-<id>.eml`."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder: Path = settings.MAIL_FOLDER
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            name = f"{timezone.now():%Y%m%dT%H%M%S.%f}-{uuid.uuid4().hex[:8]}"
            half = folder / f".{name}.part"
            half.write_bytes(message.message().as_bytes())
            # A reader of the folder never sees half a mail.
            os.replace(half, folder / f"{name}.eml")
        return len(email_messages)


def _read(path: Path) -> dict[str, str]:
    mail = email.message_from_bytes(path.read_bytes(), _class=ParsedMail, policy=email.policy.default)
    body = mail.get_body(("plain", "html"))
    return {
        "name": path.name,
        "to": str(mail["To"] or ""),
        "subject": str(mail["Subject"] or ""),
        "sent": str(mail["Date"] or ""),
        "text": str(body.get_content()) if body is not None else "",
    }


def _refuse_others(request: HttpRequest) -> None:
    # Mails hold codes and links: they are for who sits at this machine.
    if client_address(request) not in LOOPBACK:
        raise Http404


@in_language_of_reader
def mailbox(request: HttpRequest) -> HttpResponse:
    """The latest 100 mails, newest first."""
    _refuse_others(request)
    files = sorted(settings.MAIL_FOLDER.glob("*.eml"), reverse=True)[:100]
    return render(request, "config/mailbox.html", {"mails": [_read(path) for path in files]})


def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail as it was sent."""
    _refuse_others(request)
    path = settings.MAIL_FOLDER / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise Http404
    return HttpResponse(path.read_bytes(), content_type="message/rfc822")
