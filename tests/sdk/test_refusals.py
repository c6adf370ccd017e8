"""What the public client raises, and what it tries again."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import redis
from nessyapi_sdk import NessyAPIError

from tenants.keys.models import ApiKey
from tenants.rls import tenant_transaction
from tests.conftest import Cast
from tests.factories import make_key, set_balance
from tests.live import LiveServer
from tests.sdk.conftest import Opened


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(NessyAPIError) as refused:
        call()
    return refused.value.status, refused.value.detail["code"]


def test_unknown_session_is_not_found(client: Any) -> None:
    assert refusal(lambda: client.get_state(str(uuid.uuid4()))) == (404, "not_found")


def test_session_of_another_tenant_is_not_found(client: Any, connect: Opened, birch: Cast) -> None:
    session = connect(birch.live_key).create_session("headache", age=35)
    assert refusal(lambda: client.get_results(session.session_id)) == (404, "not_found")


def test_wrong_key_is_unauthorized(connect: Opened) -> None:
    assert refusal(connect("nsy_live_00000000000000000000000000").get_balance) == (401, "unauthorized")


def test_missing_scope_is_forbidden(connect: Opened, alder: Cast, livemode: bool) -> None:
    client = connect(make_key(owner=alder.owner, scopes=["sessions:read"], test=not livemode))
    assert refusal(lambda: client.create_session("headache")) == (403, "forbidden")


def test_impossible_age_is_invalid(client: Any) -> None:
    assert refusal(lambda: client.create_session("headache", age=121)) == (422, "validation_error")


def test_answer_after_the_end_is_a_conflict(client: Any) -> None:
    session = client.create_session("headache", age=35)
    client.finalize(session.session_id)
    question = session.current_question.question_id
    assert refusal(lambda: client.answer(session.session_id, question, raw_text="no")) == (409, "conflict")


def test_empty_balance_refuses_live_calls_only(connect: Opened, alder: Cast) -> None:
    set_balance(owner=alder.owner, tokens=0)
    live, test = connect(alder.live_key), connect(make_key(owner=alder.owner, test=True))
    assert refusal(lambda: live.create_session("headache")) == (402, "payment_required")
    assert test.create_session("headache").tokens_charged == 0


def test_full_window_is_waited_for(connect: Opened, live: LiveServer, alder: Cast) -> None:
    client = connect(make_key(owner=alder.owner, name="slow", rate_limit_rpm=1))
    with tenant_transaction(alder.owner.tenant_id):
        key_id = ApiKey.objects.for_actor(alder.owner).get(name="slow").id
    with redis.Redis.from_url(live.environment["REDIS_URL"]) as server:
        seconds, microseconds = server.time()
        # One call that leaves the window in a moment: the reply's Retry-After is then 2 seconds.
        leaves = seconds * 1_000_000 + microseconds - 58_500_000
        server.zadd(f"nessy:window:key:{key_id}", {"earlier call": leaves})
    began = time.monotonic()
    assert client.get_balance().tier == "growth"
    # A client that only backed off would have asked again after one second, in vain.
    assert 1.5 <= time.monotonic() - began < 8
