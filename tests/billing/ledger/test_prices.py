"""What is charged, and what a balance that is too low leaves behind."""

from __future__ import annotations

from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.ledger.models import TokenBalance, UsageRecord
from sessions_app.sessions.models import Session
from tests.conftest import Api, Cast
from tests.interviews import answer, begin
from webhooks_app.events.models import Event


def set_balance(cast: Cast, balance: int, **fields: Any) -> None:
    """Leave the tenant with so many tokens, of as many that it began with."""
    rows = TokenBalance.objects.using("system").filter(tenant_id=cast.owner.tenant_id)
    rows.update(balance=balance, **fields)


def act(api: Api, name: str, session: dict[str, Any]) -> Any:
    path = f"/v1/sessions/{session['session_id']}"
    acts = {
        "create": lambda: api.post("/v1/sessions", {"chief_complaint": "cough"}),
        "route": lambda: api.post(f"{path}/route", {"text": "cough"}),
        "answer": lambda: answer(api, session, "no"),
        "unclear": lambda: answer(api, session, "blah xyzzy"),
        "skip": lambda: answer(api, session, None, skip=True),
        "skip with text": lambda: answer(api, session, "no", skip=True),
        "state": lambda: api.get(f"{path}/state"),
        "results": lambda: api.get(f"{path}/results"),
        "finalize": lambda: api.post(f"{path}/finalize"),
        "demographics": lambda: api.patch(f"{path}/demographics", {"age": 5}),
    }
    return acts[name]()


PRICES = {
    "create": 1,
    "route": 5,
    "answer": 8,
    "unclear": 8,
    "skip": 0,
    "skip with text": 0,
    "state": 0,
    "results": 0,
    "finalize": 0,
    "demographics": 0,
}
CHARGEABLE = {"create", "route", "answer", "unclear", "skip", "skip with text"}


@pytest.mark.parametrize("name", PRICES)
@pytest.mark.parametrize("test", [False, True])
def test_price_of_an_act(alder: Cast, name: str, test: bool) -> None:
    api = alder.door(test=True) if test else alder.api
    session = begin(api)
    before = alder.api.get("/v1/admin/balance").json()
    reply = act(api, name, session)
    after = alder.api.get("/v1/admin/balance").json()
    price = 0 if test else PRICES[name]
    assert before["balance"] - after["balance"] == after["lifetime_used"] - before["lifetime_used"] == price
    if name in CHARGEABLE:
        assert reply["X-NessyAPI-Tokens-Charged"] == str(price)
        assert reply.json()["meta"]["tokens_charged"] == price
    else:
        assert "X-NessyAPI-Tokens-Charged" not in reply.headers


@pytest.mark.parametrize(("name", "price"), [("create", 1), ("route", 5), ("answer", 8)])
def test_balance_too_low_is_402_and_nothing_happens(alder: Cast, name: str, price: int) -> None:
    session = begin(alder.api)
    set_balance(alder, price - 1)
    rows = _rows(alder)
    refused = act(alder.api, name, session)
    assert refused.status_code == 402
    error = refused.json()["error"]
    assert (error["code"], error["detail"]) == ("payment_required", {"balance": price - 1, "required": price})
    assert _rows(alder) == rows
    set_balance(alder, price)
    assert act(alder.api, name, session).status_code in (200, 201)
    assert alder.api.get("/v1/admin/balance").json()["balance"] == 0


def _rows(cast: Cast) -> tuple[Any, ...]:
    tenant = {"tenant_id": cast.owner.tenant_id}
    return (
        list(Session.objects.using("system").filter(**tenant).order_by("id").values()),
        Event.objects.using("system").filter(**tenant).count(),
        UsageRecord.objects.using("system").filter(**tenant).count(),
        list(TokenBalance.objects.using("system").filter(**tenant).values()),
    )


@pytest.mark.parametrize("name", ["skip", "finalize", "results"])
def test_free_acts_work_with_nothing_left(alder: Cast, name: str) -> None:
    session = begin(alder.api)
    set_balance(alder, 0)
    assert act(alder.api, name, session).status_code == 200


def test_test_key_works_with_nothing_left(alder: Cast) -> None:
    set_balance(alder, 0)
    tester = alder.door(test=True)
    assert act(tester, "answer", begin(tester)).status_code == 200


def test_grace_lets_the_balance_fall_five_percent_below_zero(alder: Cast) -> None:
    session = begin(alder.api)
    # 5 % of 160 are 8: exactly one answer.
    set_balance(alder, 0, initial_balance=160, grace_percent=5)
    first = answer(alder.api, session, "none of these")
    assert first.status_code == 200
    assert alder.api.get("/v1/admin/balance").json()["balance"] == -8
    assert answer(alder.api, first.json(), "2 hours").status_code == 402


@pytest.mark.parametrize("name", ["create", "route", "answer"])
def test_every_charge_is_a_usage_record(alder: Cast, name: str) -> None:
    session = begin(alder.api)
    reply = act(alder.api, name, session)
    record = alder.api.get("/v1/admin/usage/details", {"limit": 1}).json()[0]
    assert (record["action"], record["tokens_charged"]) == (name, PRICES[name])
    assert record["request_id"] == reply["X-Request-ID"]
    assert record["session_id"] == reply.json()["session_id"]
    row = UsageRecord.objects.using("system").get(id=record["record_id"])
    assert row.key_id is not None
    assert row.latency_ms is not None


@pytest.mark.parametrize("test", [False, True])
def test_free_charges_are_recorded_too(alder: Cast, test: bool) -> None:
    api = alder.door(test=test)
    answer(api, begin(api), None, skip=True)
    records = UsageRecord.objects.using("system").filter(tenant_id=alder.owner.tenant_id)
    assert [(r.action, r.tokens_charged) for r in records.order_by("id")] == [
        ("create", 0 if test else 1),
        ("answer", 0),
    ]
    assert {record.livemode for record in records} == {not test}


def test_check_ledger_finds_a_changed_balance(alder: Cast) -> None:
    def is_named() -> bool:
        # Other tests have changed balances of their tenants.
        told = StringIO()
        with suppress(CommandError):
            call_command("check_ledger", stderr=told, stdout=told)
        return str(alder.owner.tenant_id) in told.getvalue()

    begin(alder.api)
    assert not is_named()
    set_balance(alder, 50_000)
    assert is_named()
    set_balance(alder, 49_999, lifetime_used=7)
    assert is_named()
    set_balance(alder, 49_999, lifetime_used=1)
    assert not is_named()


def test_check_ledger_fails_when_a_balance_is_wrong(alder: Cast) -> None:
    set_balance(alder, 1)
    with pytest.raises(CommandError, match="out of balance"):
        call_command("check_ledger", stderr=StringIO())
