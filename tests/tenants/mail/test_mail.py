from __future__ import annotations

import email
import email.policy
import re
import smtplib
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage as ParsedMail
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone

from config.celery import app
from config.mail import mail as mail_page
from config.mail import mailbox
from tenants.actor import system_actor
from tenants.mail.models import Mail
from tenants.mail.operations import BACKOFF, LEASE, queue_mail, send_due_mail
from tenants.mail.tasks import sweep_unsent
from tenants.organisations.models import User
from tenants.rls import tenant_transaction
from tests.conftest import Cast

LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
CONTEXT = {
    "tenant": "Alder & Söhne",
    "threshold": "low_20",
    "balance": 9_876,
    "initial_balance": 50_000,
    "percentage": 20,
    "tier": "growth",
    "monthly_tokens": 50_000,
}


REFUSED = smtplib.SMTPRecipientsRefused({"ada@alder.example": (550, b"no such box")})


class Faulty(BaseEmailBackend):
    """The network's edge: a mail server that ends every conversation with the error of the test."""

    error: ClassVar[BaseException] = REFUSED
    before: ClassVar[Callable[[], object]] = lambda: None

    def send_messages(self, email_messages: Any) -> int:
        type(self).before()
        raise self.error


@pytest.fixture
def at_once() -> Iterator[None]:
    """Tasks run where they are sent from, as by a worker without delay."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def faulty(settings: Any, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing can be sent; `faulty.setattr(Faulty, "error", …)` chooses why."""
    settings.EMAIL_BACKEND = f"{__name__}.Faulty"
    return monkeypatch


def person(language: str = "en") -> User:
    user = User(email=f"ada-{uuid4().hex[:12]}@alder.example", name="Ada", language=language)
    user.set_unusable_password()
    user.save()
    return user


def queue(cast: Cast, user: User | None = None, **context: Any) -> Mail:
    return queue_mail(
        actor=system_actor(cast.owner.tenant_id),
        user=user or person(),
        template="low_balance",
        context=CONTEXT | context,
    )


def attempt(mail: Mail, after: timedelta = timedelta()) -> bool:
    """Send the mail as a task would, so long after it was queued."""
    actor = system_actor(mail.tenant_id, at=mail.created_at + after)
    return send_due_mail(actor=actor, mail_id=mail.id)


def stored(mail: Mail) -> Mail:
    with tenant_transaction(mail.tenant_id):
        return Mail.objects.get(id=mail.id)


def due_after(mail: Mail) -> timedelta:
    again_at = stored(mail).next_attempt_at
    assert again_at is not None
    return again_at - mail.created_at


@pytest.mark.usefixtures("at_once")
def test_mail_is_sent_when_its_transaction_has_committed(alder: Cast, mailoutbox: list[EmailMessage]) -> None:
    with tenant_transaction(alder.owner.tenant_id):
        mail = queue(alder)
        assert mailoutbox == []
    assert [sent.to for sent in mailoutbox] == [[mail.user.email]]
    assert stored(mail).sent_at is not None


def test_mail_says_nothing_in_the_database(alder: Cast) -> None:
    mail = queue(alder)
    assert b"Alder" not in bytes(stored(mail).context)
    attempt(mail)
    assert bytes(stored(mail).context) == b""


def test_mail_goes_out_once(alder: Cast, mailoutbox: list[EmailMessage]) -> None:
    mail = queue(alder)
    assert [attempt(mail), attempt(mail), attempt(mail, after=timedelta(days=1))] == [True, False, False]
    assert len(mailoutbox) == 1


def test_mail_of_another_tenant_is_not_found(
    alder: Cast, birch: Cast, mailoutbox: list[EmailMessage]
) -> None:
    mail = queue(alder)
    assert not send_due_mail(actor=system_actor(birch.owner.tenant_id), mail_id=mail.id)
    assert mailoutbox == []


@pytest.mark.parametrize(("age", "sent"), [(timedelta(seconds=50), 0), (timedelta(seconds=70), 1)])
def test_sweep_sends_what_the_nudge_lost(
    alder: Cast, mailoutbox: list[EmailMessage], request: pytest.FixtureRequest, age: timedelta, sent: int
) -> None:
    actor = system_actor(alder.owner.tenant_id, at=timezone.now() - age)
    user = person()
    queue_mail(actor=actor, user=user, template="low_balance", context=CONTEXT)
    request.getfixturevalue("at_once")
    sweep_unsent()
    assert len([mail for mail in mailoutbox if mail.to == [user.email]]) == sent


@pytest.mark.usefixtures("faulty")
def test_failed_mail_waits_longer_each_time_and_is_given_up(
    alder: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    mail = queue(alder)
    passed = timedelta()
    for wait in BACKOFF:
        assert not attempt(mail, after=passed)
        assert due_after(mail) == passed + wait
        assert not attempt(mail, after=passed + wait - timedelta(seconds=1))
        passed += wait
    assert not attempt(mail, after=passed)
    left = stored(mail)
    assert (left.next_attempt_at, left.sent_at, left.attempts) == (None, None, 6)
    assert left.last_error == "SMTPRecipientsRefused"
    told = [record.levelname for record in caplog.records if record.name == "nessy.mail"]
    assert told == ["WARNING"] * 5 + ["ERROR"]
    assert "@" not in caplog.text


@pytest.mark.usefixtures("faulty")
def test_failed_mail_is_sent_by_a_later_attempt(
    alder: Cast, settings: Any, mailoutbox: list[EmailMessage]
) -> None:
    mail = queue(alder)
    assert not attempt(mail)
    settings.EMAIL_BACKEND = LOCMEM
    assert attempt(mail, after=BACKOFF[0])
    assert (stored(mail).last_error, stored(mail).attempts, len(mailoutbox)) == ("", 2, 1)


def test_mail_of_a_killed_worker_is_tried_again_and_not_for_ever(
    alder: Cast, faulty: pytest.MonkeyPatch
) -> None:
    faulty.setattr(Faulty, "error", KeyboardInterrupt())
    mail = queue(alder)
    for time in range(len(BACKOFF) + 1):
        with pytest.raises(KeyboardInterrupt):
            attempt(mail, after=time * LEASE)
        assert not attempt(mail, after=(time + 1) * LEASE - timedelta(seconds=1))
    assert not attempt(mail, after=timedelta(hours=1))
    assert (stored(mail).next_attempt_at, stored(mail).last_error) == (None, "Interrupted")


def test_late_attempt_leaves_the_outcome_of_a_newer_one(
    alder: Cast, faulty: pytest.MonkeyPatch, settings: Any
) -> None:
    mail = queue(alder)

    def newer_attempt() -> None:
        settings.EMAIL_BACKEND = LOCMEM
        assert attempt(mail, after=LEASE)

    faulty.setattr(Faulty, "before", newer_attempt)
    assert not attempt(mail)
    assert stored(mail).sent_at is not None


@pytest.mark.parametrize(
    ("language", "subject", "number", "words"),
    [
        ("en", "Alder & Söhne: 20 % of your tokens left", "9,876", "status 402"),
        ("cs", "Alder & Söhne: zbývá 20 % tokenů", "9\xa0876", "se stavem 402"),
        ("xx", "Alder & Söhne: 20 % of your tokens left", "9,876", "status 402"),
    ],
)
def test_mail_speaks_the_language_of_its_reader(
    alder: Cast, mailoutbox: list[Any], language: str, subject: str, number: str, words: str
) -> None:
    attempt(queue(alder, person(language)))
    (sent,) = mailoutbox
    ((html, kind),) = sent.alternatives
    assert (sent.subject, kind) == (subject, "text/html")
    assert number in sent.body
    assert number in html.replace("&nbsp;", "\xa0")
    assert words in sent.body
    assert words in html
    assert "Alder & Söhne" in sent.body
    assert "Alder &amp; Söhne" in html


@pytest.mark.parametrize(("threshold", "says"), [("low_10", "running low"), ("depleted", "used all")])
def test_mail_names_its_occasion(
    alder: Cast, mailoutbox: list[EmailMessage], threshold: str, says: str
) -> None:
    attempt(queue(alder, threshold=threshold))
    assert says in str(mailoutbox[0].body)


def test_attempts_of_one_mail_have_one_message_id(alder: Cast, mailoutbox: list[EmailMessage]) -> None:
    mail = queue(alder)
    attempt(mail)
    assert mailoutbox[0].message()["Message-ID"] == f"<{mail.id}@localhost>"


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The embedded mode's folder of sent mails."""
    settings.EMAIL_BACKEND = "config.mail.FolderBackend"
    settings.MAIL_FOLDER = tmp_path / "mail"
    return tmp_path / "mail"


def test_folder_holds_a_mail_that_programs_can_read(alder: Cast, folder: Path) -> None:
    mail = queue(alder, person("cs"))
    attempt(mail)
    (file,) = folder.iterdir()
    parsed = email.message_from_bytes(file.read_bytes(), _class=ParsedMail, policy=email.policy.default)
    assert (parsed["To"], parsed["Subject"]) == (mail.user.email, "Alder & Söhne: zbývá 20 % tokenů")
    for kind in ("plain", "html"):
        body = parsed.get_body((kind,))
        assert body is not None
        assert "Zůstatek" in body.get_content()


def test_mailbox_lists_the_mails_newest_first(alder: Cast, folder: Path) -> None:
    factory = RequestFactory()
    assert "No mail yet" in mailbox(factory.get("/dev/mail")).content.decode()
    users = [person(), person()]
    for user in users:
        attempt(queue(alder, user))
    page = mailbox(factory.get("/dev/mail")).content.decode()
    assert re.findall(r"To (\S+)", page) == [users[1].email, users[0].email]
    (name, _) = re.findall(r"/dev/mail/([^\"]+)", page)
    assert users[1].email.encode() in mail_page(factory.get(f"/dev/mail/{name}"), name).content


def test_mailbox_is_for_this_machine_only(folder: Path) -> None:
    request = RequestFactory().get("/dev/mail", REMOTE_ADDR="192.0.2.7")
    with pytest.raises(Http404):
        mailbox(request)
