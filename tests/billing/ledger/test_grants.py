"""Grants, tiers and thresholds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.ledger.models import BalanceEntry, TokenBalance
from billing.ledger.operations import change_tier, credit, grant_month
from billing.ledger.queries import unbalanced
from billing.ledger.tasks import grant_monthly_tokens
from billing.tiers import TIERS
from config.errors import Invalid
from tenants.actor import Actor
from tenants.audit.models import AuditEvent
from tenants.organisations.models import Tenant
from tenants.work import work_of
from tests.conftest import Cast
from tests.factories import make_tenant
from tests.interviews import answer, begin
from webhooks_app.events.models import Event

JUNE = datetime(2026, 6, 20, 9, tzinfo=UTC)
FIRST_OF_JULY = datetime(2026, 7, 1, tzinfo=UTC)


def at(actor: Actor, instant: datetime) -> Actor:
    return replace(actor, at=instant)


def account(actor: Actor) -> TokenBalance:
    return TokenBalance.objects.using("system").get(tenant_id=actor.tenant_id)


def entries(actor: Actor) -> list[tuple[str, int]]:
    rows = BalanceEntry.objects.using("system").filter(tenant_id=actor.tenant_id).order_by("balance_after")
    return list(rows.values_list("kind", "tokens"))


@pytest.mark.parametrize("tier", TIERS)
def test_first_tokens_are_those_of_the_tier(tier: str) -> None:
    owner = make_tenant(tier=tier, at=JUNE)
    assert account(owner).balance == account(owner).initial_balance == TIERS[tier].tokens


def test_month_is_granted_once_and_unused_tokens_stay() -> None:
    owner = make_tenant(tier="starter", at=JUNE)
    assert grant_month(actor=at(owner, JUNE)) is None
    assert grant_month(actor=at(owner, FIRST_OF_JULY)) is not None
    assert grant_month(actor=at(owner, FIRST_OF_JULY)) is None
    assert account(owner).balance == 20_000
    assert entries(owner) == [("grant", 10_000), ("grant", 10_000)]


def test_free_trial_is_granted_once_ever() -> None:
    owner = make_tenant(tier="free_trial", at=JUNE)
    assert grant_month(actor=at(owner, FIRST_OF_JULY)) is None
    assert account(owner).balance == 1_000


@pytest.mark.parametrize(
    ("steps", "credits"),
    [
        (["free_trial", "growth"], [1_000, 49_000]),
        (["starter", "growth"], [10_000, 40_000]),
        (["growth", "starter"], [50_000]),
        (["growth", "starter", "scale"], [50_000, 200_000]),
        (["growth", "free_trial", "growth"], [50_000]),
        (["starter", "growth", "growth"], [10_000, 40_000]),
    ],
)
def test_change_of_tier_grants_what_the_month_lacks(steps: list[str], credits: list[int]) -> None:  # noqa: A002
    owner = make_tenant(tier=steps[0], at=JUNE)
    for step in steps[1:]:
        change_tier(actor=at(owner, JUNE), tier=step)
    assert [tokens for _, tokens in entries(owner)] == credits
    assert account(owner).balance == sum(credits)
    assert Tenant.objects.using("system").get(id=owner.tenant_id).tier == steps[-1]
    assert grant_month(actor=at(owner, JUNE)) is None
    assert grant_month(actor=at(owner, FIRST_OF_JULY)) is not None or steps[-1] == "free_trial"


def test_change_before_the_months_grant_takes_its_place() -> None:
    owner = make_tenant(tier="starter", at=JUNE)
    change_tier(actor=at(owner, FIRST_OF_JULY), tier="growth")
    assert grant_month(actor=at(owner, FIRST_OF_JULY)) is None
    assert account(owner).balance == 60_000


def test_return_to_the_free_trial_grants_nothing_and_says_so(alder: Cast) -> None:
    owner = make_tenant(tier="starter", at=JUNE)
    change_tier(actor=at(owner, FIRST_OF_JULY), tier="free_trial")
    assert account(owner).balance == 10_000
    told = AuditEvent.objects.using("system").get(tenant_id=owner.tenant_id, action="tier.changed")
    assert told.metadata == {"from": "starter", "to": "free_trial", "tokens": 0}


def test_tier_is_changed_through_the_door(alder: Cast) -> None:
    reply = alder.api.put("/v1/admin/tier", {"tier": "scale"})
    assert (reply.json()["name"], reply.json()["granted_this_month"]) == ("scale", 250_000)
    assert "Deprecation" not in reply.headers
    assert alder.api.get("/v1/admin/tier").json() == reply.json()
    assert alder.api.get("/v1/me").json()["tenant"]["tier"] == "scale"
    log = alder.api.get("/v1/admin/audit-log", {"action": "tier.changed"}).json()["data"]
    assert log[0]["metadata"] == {"from": "growth", "to": "scale", "tokens": 200_000}


@pytest.mark.parametrize(("body", "tier"), [({}, "scale"), ({"tier": "enterprise"}, "enterprise")])
def test_tier_in_the_query_still_works_but_the_body_wins(
    alder: Cast, body: dict[str, str], tier: str
) -> None:
    reply = alder.api.put("/v1/admin/tier?tier=scale", body)
    assert reply.json()["name"] == tier
    assert reply["Deprecation"] == "true"
    assert reply["Sunset"] == "Thu, 23 Jul 2026 00:00:00 GMT"
    assert reply["Link"] == '</docs>; rel="deprecation"'
    assert reply["Warning"] == '299 - "Use request body instead"'


@pytest.mark.parametrize("path", ["/v1/admin/tier", "/v1/admin/tier?tier=gold"])
@pytest.mark.parametrize("body", [{}, {"tier": "gold"}, {"tier": None}, {"tier": 1}])
def test_unknown_tier_is_422(alder: Cast, path: str, body: dict[str, Any]) -> None:
    assert alder.api.put(path, body).status_code == 422


def test_all_tiers_are_listed(alder: Cast) -> None:
    tiers = alder.api.get("/v1/admin/tiers").json()
    assert [(tier["name"], tier["monthly_usd"], tier["tokens"]) for tier in tiers] == [
        ("free_trial", 0, 1_000),
        ("starter", 300, 10_000),
        ("growth", 1_300, 50_000),
        ("scale", 5_750, 250_000),
        ("enterprise", 20_000, 1_000_000),
    ]
    assert [tier["rpm"] for tier in tiers] == [10, 30, 60, 120, 300]
    assert [tier["max_keys"] for tier in tiers] == [2, 5, 10, 25, 100]
    assert [tier["concurrent_sessions"] for tier in tiers] == [5, 20, 50, 200, 1_000]


def leave(cast: Cast, balance: int, of: int) -> None:
    rows = TokenBalance.objects.using("system").filter(tenant_id=cast.owner.tenant_id)
    rows.update(balance=balance, initial_balance=of)


def told_thresholds(cast: Cast) -> list[str]:
    rows = Event.objects.using("system").filter(
        tenant_id=cast.owner.tenant_id, event_type__startswith="balance."
    )
    return [event.data["threshold"] for event in rows.order_by("id")]


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (29, []),
        (28, ["low_20"]),
        (27, ["low_20"]),
        (21, ["low_20"]),
        (20, []),
        (18, ["low_10"]),
        (8, ["depleted"]),
    ],
)
def test_threshold_is_told_when_it_is_reached(alder: Cast, before: int, told: list[str]) -> None:
    session = begin(alder.api)
    leave(alder, before, of=100)
    answer(alder.api, session, "none of these")
    assert told_thresholds(alder) == told


def test_several_thresholds_may_be_crossed_at_once(alder: Cast) -> None:
    session = begin(alder.api)
    leave(alder, 8, of=20)
    answer(alder.api, session, "none of these")
    assert told_thresholds(alder) == ["low_20", "low_10", "depleted"]


def test_threshold_is_told_once_until_a_credit_arms_it_again(alder: Cast) -> None:
    leave(alder, 21, of=100)
    begin(alder.api)
    begin(alder.api)
    assert told_thresholds(alder) == ["low_20"]
    with work_of(alder.owner):
        credit(actor=alder.owner, kind="topup", tokens=81)
    standing = alder.api.get("/v1/admin/billing/balance").json()
    assert (standing["balance"], standing["initial_balance"]) == (100, 100)
    assert standing["last_topup_at"] is not None
    leave(alder, 21, of=100)
    begin(alder.api)
    assert told_thresholds(alder) == ["low_20", "low_20"]


def test_event_of_a_threshold_has_its_figures(alder: Cast) -> None:
    leave(alder, 21, of=100)
    begin(alder.api)
    event = Event.objects.using("system").get(tenant_id=alder.owner.tenant_id, event_type="balance.low_20")
    assert event.data == {"balance": 20, "initial_balance": 100, "threshold": "low_20"}
    assert (event.session_id, event.sequence) == (None, 0)


@pytest.mark.parametrize(
    ("balance", "threshold", "upcoming"),
    [
        (100, "ok", {"name": "low_20", "tokens_until": 80, "percentage": 20.0}),
        (21, "ok", {"name": "low_20", "tokens_until": 1, "percentage": 20.0}),
        (20, "low_20", {"name": "low_10", "tokens_until": 10, "percentage": 10.0}),
        (10, "low_10", {"name": "depleted", "tokens_until": 10, "percentage": 0.0}),
        (0, "depleted", None),
    ],
)
def test_standing_names_where_the_balance_is(
    alder: Cast, balance: int, threshold: str, upcoming: dict[str, Any] | None
) -> None:
    leave(alder, balance, of=100)
    standing = alder.api.get("/v1/admin/billing/balance").json()
    assert (standing["current_threshold"], standing["next_threshold"]) == (threshold, upcoming)
    assert standing["percentage_remaining"] == balance


def test_burn_rate_is_the_mean_of_seven_days(alder: Cast) -> None:
    session = begin(alder.api)
    answer(alder.api, session, "none of these")
    standing = alder.api.get("/v1/admin/billing/balance").json()
    assert standing["burn_rate_per_day"] == round(9 / 7, 2)
    assert standing["projected_depletion_at"] is None
    leave(alder, 9, of=100)
    assert alder.api.get("/v1/admin/billing/balance").json()["projected_depletion_at"] is not None


def test_credit_that_only_lessens_a_debt_leaves_the_grace(alder: Cast) -> None:
    rows = TokenBalance.objects.using("system").filter(tenant_id=alder.owner.tenant_id)
    rows.update(balance=-8, initial_balance=160, grace_percent=5)
    with work_of(alder.owner):
        credit(actor=alder.owner, kind="adjustment", tokens=3)
    assert (account(alder.owner).balance, account(alder.owner).initial_balance) == (-5, 160)


def test_unknown_tier_is_refused_below_the_door_too(alder: Cast) -> None:
    with pytest.raises(Invalid):
        change_tier(actor=alder.owner, tier="gold")


def test_monthly_sweep_grants_paid_tiers_what_is_due() -> None:
    last_month = timezone.now() - timedelta(days=40)
    due = make_tenant(tier="starter", at=last_month)
    trial = make_tenant(tier="free_trial", at=last_month)
    suspended = make_tenant(tier="starter", at=last_month)
    tenants = Tenant.objects.using("system")
    tenants.filter(id=suspended.tenant_id).update(suspended_at=timezone.now())
    grant_monthly_tokens()
    grant_monthly_tokens()
    balances = [account(owner).balance for owner in (due, trial, suspended)]
    assert balances == [20_000, 1_000, 10_000]


def test_ledger_adds_up_after_grants_and_changes() -> None:
    owner = make_tenant(tier="starter", at=JUNE)
    change_tier(actor=at(owner, JUNE), tier="scale")
    grant_month(actor=at(owner, FIRST_OF_JULY))
    assert owner.tenant_id not in {row[0] for row in unbalanced()}
