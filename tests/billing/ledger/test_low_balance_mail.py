from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace

import pytest
from django.utils import timezone

from billing.ledger.operations import BalanceTooLow, credit, debit
from tenants.actor import Actor
from tenants.mail.models import Mail
from tenants.organisations.models import Member, User
from tenants.work import work_of
from tests.conftest import Cast
from webhooks_app.events.models import Event


@pytest.fixture
def actor(alder: Cast) -> Actor:
    """A caller of Alder Clinic, whose balance is 100 tokens."""
    actor = replace(alder.owner, at=None)
    add_tokens(actor, 100 - 50_000)
    return actor


def add_tokens(actor: Actor, tokens: int) -> None:
    with work_of(actor):
        credit(actor=actor, kind="adjustment", tokens=tokens)


def spend(actor: Actor, tokens: int) -> None:
    """One call that costs so much."""
    with work_of(actor):
        for action in ["answer"] * (tokens // 8) + ["create"] * (tokens % 8):
            debit(actor=actor, action=action, session_id=uuid.uuid4())


def join(actor: Actor, role: str, *, is_active: bool = True) -> User:
    user = User.objects.create(email=f"{role}-{uuid.uuid4().hex[:12]}@alder.example")
    with work_of(actor):
        Member.objects.create(
            tenant_id=actor.tenant_id, user=user, role=role, is_active=is_active, created_at=timezone.now()
        )
    return user


def mails(actor: Actor) -> list[Mail]:
    with work_of(actor):
        return list(Mail.objects.for_actor(actor).order_by("id"))


def occasions(found: Iterable[Mail]) -> list[tuple[str, int]]:
    contexts = [mail.read_context() for mail in found]
    return [(context["threshold"], context["balance"]) for context in contexts]


def test_each_crossing_is_mailed_once_and_again_after_a_credit(actor: Actor) -> None:
    for tokens in (79, 1, 1, 9, 1, 8, 1):
        spend(actor, tokens)
    marks = [("low_20", 20), ("low_10", 10), ("depleted", 0)]
    assert occasions(mails(actor)) == marks
    add_tokens(actor, 10)
    spend(actor, 8)
    assert occasions(mails(actor)) == [*marks, ("low_20", 2)]


def test_call_that_falls_through_several_marks_sends_one_mail(actor: Actor) -> None:
    spend(actor, 95)
    assert occasions(mails(actor)) == [("low_10", 5)]
    with work_of(actor):
        events = Event.objects.for_actor(actor).values_list("event_type", flat=True)
        assert sorted(events) == ["balance.low_10", "balance.low_20"]


@pytest.mark.parametrize(
    ("role", "is_active", "told"),
    [
        ("owner", True, True),
        ("admin", True, True),
        ("billing", True, True),
        ("developer", True, False),
        ("viewer", True, False),
        ("admin", False, False),
    ],
)
def test_mail_goes_to_those_who_may_act_on_it(actor: Actor, role: str, is_active: bool, told: bool) -> None:
    user = join(actor, role, is_active=is_active)
    spend(actor, 80)
    assert [mail.user_id for mail in mails(actor)].count(user.id) == told


def test_mail_tells_balance_share_and_tier(actor: Actor) -> None:
    spend(actor, 85)
    (mail,) = mails(actor)
    assert mail.read_context() == {
        "tenant": "Alder Clinic",
        "threshold": "low_20",
        "balance": 15,
        "initial_balance": 100,
        "percentage": 15,
        "tier": "growth",
        "monthly_tokens": 50_000,
    }


def test_refused_call_mails_nobody(actor: Actor) -> None:
    with pytest.raises(BalanceTooLow):
        spend(actor, 101)
    assert mails(actor) == []


@pytest.mark.parametrize("change", [{"livemode": False}, {"at": timezone.now()}])
def test_test_keys_and_imported_history_mail_nobody(actor: Actor, change: dict[str, object]) -> None:
    spend(replace(actor, **change), 80)  # type: ignore[arg-type]  # of one of its fields
    assert mails(actor) == []
