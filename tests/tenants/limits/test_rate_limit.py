"""What a key may call a minute, and what it is told of it."""

from __future__ import annotations

import re
import socket
from typing import Any, cast

import pytest
import redis

from tenants.limits import window
from tests.conftest import Api, Cast

LIMIT = "/v1/admin/rate-limit"
HEADERS = {
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "RateLimit-Policy",
    "RateLimit",
}


@pytest.mark.parametrize(
    ("asked", "override", "effective"),
    [
        (None, None, 60),
        (None, 10, 10),
        (None, 500, 500),
        (20, None, 20),
        (20, 10, 10),
        (20, 500, 20),
        (9_000, None, 9_000),
        (9_000, 5_000, 5_000),
    ],
)
def test_limit_follows_from_what_was_asked_and_the_override(
    alder: Cast, asked: int | None, override: int | None, effective: int
) -> None:
    api = alder.door(rate_limit_rpm=asked)
    assert alder.api.put(LIMIT, {"rate_limit_rpm": override, "reason": "load"}).status_code == 200
    told = api.get(LIMIT).json()
    assert (told["rate_limit_rpm"], told["override_rpm"], told["tier_rpm"]) == (effective, override, 60)


@pytest.mark.parametrize(("asked", "after"), [(None, 60), (20, 20)])
def test_tier_change_leaves_existing_keys_alone(alder: Cast, asked: int | None, after: int) -> None:
    api = alder.door(rate_limit_rpm=asked)
    alder.api.put("/v1/admin/tier", {"tier": "scale"})
    assert api.get(LIMIT).json()["rate_limit_rpm"] == after
    assert alder.door(rate_limit_rpm=None).get(LIMIT).json()["rate_limit_rpm"] == 120


def test_cleared_override_gives_the_limit_back(alder: Cast) -> None:
    api = alder.door(rate_limit_rpm=None)
    for override, limit in ((7, 7), (None, 60)):
        alder.api.put(LIMIT, {"rate_limit_rpm": override})
        assert api.get("/v1/me")["X-RateLimit-Limit"] == str(limit)


@pytest.mark.parametrize(
    "body", [{}, {"reason": "x"}, {"rate_limit_rpm": 0}, {"rate_limit_rpm": 5001}, {"rate_limit_rpm": "x"}]
)
def test_impossible_override_is_422(alder: Cast, body: dict[str, Any]) -> None:
    assert alder.api.put(LIMIT, body).status_code == 422


@pytest.mark.parametrize(
    ("path", "body"), [(LIMIT, {"rate_limit_rpm": 5}), ("/v1/admin/tier", {"tier": "scale"})]
)
def test_test_key_changes_nothing_of_the_tenant(alder: Cast, path: str, body: dict[str, Any]) -> None:
    assert alder.door(test=True).put(path, body).status_code == 403


def test_over_the_limit_is_429_and_says_when(alder: Cast) -> None:
    api = alder.door(rate_limit_rpm=2)
    assert [api.get("/v1/me")["X-RateLimit-Remaining"] for _ in range(2)] == ["1", "0"]
    refused = api.get("/v1/me")
    assert refused.status_code == 429
    error = refused.json()["error"]
    retry_after = error["detail"].pop("retry_after")
    assert error["message"] == "Rate limit of 2 requests/minute exceeded."
    assert error["detail"] == {"limit": 2, "limit_type": "requests_per_minute"}
    assert refused["Retry-After"] == str(retry_after)
    assert 1 <= retry_after <= 60


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/me", None, 200),
        ("POST", "/v1/sessions", {}, 422),
        ("POST", "/v1/sessions", b"{", 400),
        ("GET", "/v1/sessions/0192f0c1-0000-7000-8000-000000000000/state", None, 404),
        ("DELETE", "/v1/me", None, 405),
    ],
)
def test_every_counted_reply_carries_the_limit(
    alder: Cast, method: str, path: str, body: Any, status: int
) -> None:
    api = alder.door(rate_limit_rpm=1)
    for expected in (status, 429):
        response = api.request(method, path, body)
        assert response.status_code == expected
        assert set(response.headers) >= HEADERS
        assert re.fullmatch(r'"default";q=1;w=60', response["RateLimit-Policy"])
        assert re.fullmatch(r'"default";r=0;t=\d+', response["RateLimit"])


def test_refused_calls_do_not_count(alder: Cast) -> None:
    api = alder.door(rate_limit_rpm=2)
    resets = {api.get("/v1/me")["X-RateLimit-Reset"] for _ in range(5)}
    assert len(resets) == 1
    key_id = _key_id(alder, 2)
    assert window.redis_client().zcard(f"nessy:window:key:{key_id}") == 2


def _key_id(cast: Cast, rpm: int) -> str:
    keys = cast.api.get("/v1/admin/keys").json()
    return str(next(key["key_id"] for key in keys if key["rate_limit_rpm"] == rpm))


def test_window_rolls_with_the_oldest_call(alder: Cast) -> None:
    api = alder.door(rate_limit_rpm=2)
    api.get("/v1/me")
    api.get("/v1/me")
    assert api.get("/v1/me").status_code == 429
    _age(f"nessy:window:key:{_key_id(alder, 2)}", by_seconds=61, calls=1)
    assert [api.get("/v1/me").status_code for _ in range(2)] == [200, 429]


def _age(name: str, *, by_seconds: int, calls: int) -> None:
    """As if the oldest calls of a window had been made earlier."""
    client = window.redis_client()
    for member in cast("list[bytes]", client.zrange(name, 0, calls - 1)):
        client.zincrby(name, -by_seconds * 1_000_000, member)


def test_window_is_not_two_fixed_ones(alder: Cast) -> None:
    api = alder.door(rate_limit_rpm=3)
    for _ in range(3):
        api.get("/v1/me")
    # 59 s later all three still count, whatever minute of the clock it is.
    _age(f"nessy:window:key:{_key_id(alder, 3)}", by_seconds=59, calls=3)
    assert api.get("/v1/me").status_code == 429


def test_keys_do_not_share_a_window(alder: Cast) -> None:
    first, second = alder.door(rate_limit_rpm=1), alder.door(rate_limit_rpm=1)
    assert [api.get("/v1/me").status_code for api in (first, first, second)] == [200, 429, 200]


def test_missing_scope_comes_before_the_count(alder: Cast) -> None:
    api = alder.door(scopes=["sessions:read"], rate_limit_rpm=1)
    assert [api.get("/v1/patients").status_code for _ in range(2)] == [403, 403]
    assert api.get("/v1/sessions").status_code == 200


def test_own_window_is_shown(alder: Cast) -> None:
    api = alder.door(rate_limit_rpm=50, scopes=["patients:read"])
    told = api.get(LIMIT).json()
    assert (told["requests_used"], told["requests_remaining"]) == (1, 49)


def test_failed_authentications_are_limited_by_address(alder: Cast) -> None:
    nobody = Api("nsy_live_nothing")
    statuses = [nobody.get("/v1/me").status_code for _ in range(121)]
    assert statuses == [401] * 120 + [429]
    refused = nobody.get("/v1/me")
    assert refused.json()["error"]["detail"]["limit"] == 120
    assert Api().get("/v1/me").status_code == 401
    assert nobody.get("/v1/me", Authorization=f"Bearer {alder.live_key}").status_code == 200


def test_public_calls_are_limited_by_address() -> None:
    nobody = Api()
    statuses = [nobody.get("/v1/changelog").status_code for _ in range(121)]
    assert statuses == [200] * 120 + [429]
    assert nobody.get("/livez").status_code == 200


@pytest.fixture
def redis_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    client = redis.Redis.from_url(f"redis://127.0.0.1:{port}", socket_timeout=0.25, retry=None)
    script = client.register_script(window._script().script)
    monkeypatch.setattr(window, "_script", lambda: script)
    monkeypatch.setattr(window, "_paused_until", 0.0)


@pytest.mark.usefixtures("redis_away")
def test_redis_away_lets_calls_through_within_a_share(alder: Cast) -> None:
    api = alder.door(rate_limit_rpm=6)
    responses = [api.get("/v1/me") for _ in range(4)]
    # Two web workers share the six.
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    assert {response["RateLimit-Degraded"] for response in responses} == {"1"}


def test_redis_back_ends_the_degraded_state(alder: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "_paused_until", 0.0)
    assert "RateLimit-Degraded" not in alder.api.get("/v1/me").headers


def test_call_refused_for_its_scope_tells_of_the_window(alder: Cast) -> None:
    reader = alder.door(scopes=["sessions:read"], rate_limit_rpm=5)
    reader.get("/v1/sessions")
    refused = reader.post("/v1/sessions", {"chief_complaint": "cough"})
    assert refused.status_code == 403
    assert (refused["X-RateLimit-Limit"], refused["X-RateLimit-Remaining"]) == ("5", "4")
