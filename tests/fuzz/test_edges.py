"""What strangers may put into keys, cursors, headers, paths and bodies: refused at worst, never a failure."""

from __future__ import annotations

import base64
from datetime import UTC
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from config.endpoint import Call
from config.errors import CODE_OF, Invalid, Unauthorized
from config.fields import MAX_KEYS, JsonObject
from config.paging import make_cursor, read_cursor
from tenants.keys.credentials import actor_of_key
from tests.conftest import Api, Cast
from tests.fuzz.samples import HEADERS, JSON, SAME

# The fixture's tenant is never changed: what is sent is refused or only read.
THROUGH_DOOR = settings(
    SAME, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
KEY_PARTS = st.lists(
    st.sampled_from(["nsy_", "live", "test", "_", "Ab3", " ", "é", "\x00", "\n", "٣"]), max_size=30
)
PATH_PARTS = st.one_of(
    st.sampled_from(
        [
            "v1",
            "sessions",
            "patients",
            "admin",
            "keys",
            "state",
            "",
            ".",
            "..",
            "%2e%2e",
            "%00",
            "%ff",
            "%C3%A9",
        ]
    ),
    st.sampled_from(
        ["0192f0c1-0000-7000-8000-000000000000", "P-1", "x" * 300, "a%2Fb", "a;b", "%0d%0a", "profile"]
    ),
    st.from_regex(r"[!-~]{1,20}", fullmatch=True).filter(lambda part: not set(part) & set("?#%")),
)


def assert_answered(response: Any) -> None:
    """No failure of ours, and the one shape if it is a refusal."""
    assert response.status_code < 500, response.content
    if response.status_code >= 400:
        error = response.json()["error"]
        assert error.keys() == {"code", "message", "request_id", "detail"}
        assert error["code"] == CODE_OF[response.status_code]
        assert error["request_id"] == response["X-Request-ID"]
        assert isinstance(error["detail"], dict)


@SAME
@given(st.one_of(st.text(), KEY_PARTS.map("".join), st.from_regex(r"nsy_(live|test)_\w{26}", fullmatch=True)))
def test_made_up_key_is_nobody(text: str) -> None:
    with pytest.raises(Unauthorized):
        actor_of_key(text, request_id="fuzz", ip="fd00::1")


@SAME
@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_cursor_leads_back(at: Any, row_id: Any) -> None:
    assert read_cursor(make_cursor(at, row_id)) == (at, row_id)


@SAME
@given(
    st.one_of(
        st.text(max_size=200),
        st.binary(max_size=60).map(lambda noise: base64.urlsafe_b64encode(noise).decode()),
        JSON.map(lambda value: base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")),
    )
)
@example(base64.urlsafe_b64encode(b'["0001-01-01T00:00:00+23:59","{0}"]').decode())
@example(base64.urlsafe_b64encode(b'["2026-01-01T00:00:00Z",{"a":1}]').decode())
def test_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_cursor(text)


@SAME
@given(HEADERS)
def test_idempotency_key_is_taken_or_refused(text: str) -> None:
    if 1 <= len(text) <= 255 and text.isprintable():
        assert Call.of(text, "POST", "/v1/sessions", b"").key == text
    else:
        with pytest.raises(Invalid):
            Call.of(text, "POST", "/v1/sessions", b"")


@SAME
@given(JSON)
@example({str(number): 0 for number in range(MAX_KEYS + 1)})
@example({"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}})
@example({"\x00": 1})
def test_json_object_is_taken_as_it_is_or_refused(value: Any) -> None:
    try:
        taken = JsonObject().run_validation(value)
    except ValidationError:
        return
    assert taken == value
    assert b"\\u0000" not in orjson.dumps(taken)


@THROUGH_DOOR
@given(
    name=st.sampled_from(["X-Request-ID", "Idempotency-Key", "Authorization", "Content-Type", "Host"]),
    value=HEADERS,
)
def test_any_header_is_answered(alder: Cast, name: str, value: str) -> None:
    api = Api("" if name == "Authorization" else alder.live_key)
    # Nothing is made by it: the complaint is missing.
    response = api.client.generic(
        "POST",
        "/v1/sessions",
        b"{}",
        headers={"Authorization": f"Bearer {api.key}", "Content-Type": "application/json", name: value},
    )
    assert_answered(response)
    assert response.status_code in (400, 401, 415, 422)


@THROUGH_DOOR
@given(method=st.sampled_from(["POST", "PUT", "PATCH"]), body=st.one_of(st.binary(), JSON.map(orjson.dumps)))
def test_any_body_is_answered(alder: Cast, method: str, body: bytes) -> None:
    path = {"POST": "/v1/sessions", "PUT": "/v1/patients/P-1/profile", "PATCH": "/v1/admin/keys/P-1"}[method]
    assert_answered(alder.api.request(method, path, body))


@THROUGH_DOOR
@given(parts=st.lists(PATH_PARTS, max_size=6), query=st.from_regex(r"[!-~]{0,40}", fullmatch=True))
def test_any_path_under_v1_is_answered(alder: Cast, parts: list[str], query: str) -> None:
    assert_answered(
        alder.api.client.get(
            "/".join(["/v1", *parts]) + "?" + query, headers={"Authorization": f"Bearer {alder.live_key}"}
        )
    )
