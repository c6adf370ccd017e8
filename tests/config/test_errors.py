from __future__ import annotations

import io
import logging
import uuid
from typing import Any

import pytest
from django.db import OperationalError

from config.logs import JsonFormatter
from tenants.keys.endpoints import ListKeys
from tests.conftest import Api, Cast

KEYS = "/v1/admin/keys"
NOWHERE = "/v1/sessions/0192f0c1-0000-7000-8000-000000000000/state"
MEBIBYTE = 1024 * 1024


def assert_refused(response: Any, status: int, code: str) -> dict[str, Any]:
    """The one error shape; its `error`."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/json"), response.content
    body = response.json()
    assert body.keys() == {"error"}
    error: dict[str, Any] = body["error"]
    assert error.keys() == {"code", "message", "request_id", "detail"}
    assert error["code"] == code
    assert isinstance(error["detail"], dict)
    assert error["message"]
    assert response["X-Request-ID"] == error["request_id"]
    return error


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/v1/sessions", b"{", 400, "bad_request"),
        ("POST", "/v1/sessions", b'{"a": NaN}', 400, "bad_request"),
        ("POST", "/v1/sessions", b'{"a": 1e400}', 400, "bad_request"),
        ("POST", "/v1/sessions", b"[" * 100_000, 400, "bad_request"),
        ("POST", "/v1/sessions", b'{"chief_complaint": "\xff\xfe"}', 400, "bad_request"),
        ("POST", "/v1/sessions", b'{"chief_complaint": "\\ud800"}', 400, "bad_request"),
        ("POST", "/v1/sessions", b"\xef\xbb\xbf{}", 400, "bad_request"),
        ("POST", f"{NOWHERE[:-6]}/finalize", b"{", 400, "bad_request"),
        ("GET", NOWHERE, None, 404, "not_found"),
        ("GET", "/v1/sessions/not-a-uuid/state", None, 404, "not_found"),
        ("GET", "/v1/nothing", None, 404, "not_found"),
        ("GET", "/v1/sessions/", None, 404, "not_found"),
        ("GET", "/v1", None, 404, "not_found"),
        ("DELETE", "/v1/sessions", None, 405, "method_not_allowed"),
        ("POST", "/v1/changelog", None, 405, "method_not_allowed"),
        ("POST", "/v1/sessions", b" " * (MEBIBYTE + 1), 413, "payload_too_large"),
        ("POST", "/v1/sessions", b"[]", 422, "validation_error"),
        ("POST", "/v1/sessions", b"[1]", 422, "validation_error"),
        ("POST", "/v1/sessions", b'"text"', 422, "validation_error"),
        ("POST", "/v1/sessions", b"null", 422, "validation_error"),
        ("PUT", "/v1/admin/tier?tier=growth", b"[1]", 422, "validation_error"),
        ("POST", "/v1/sessions", b"", 422, "validation_error"),
        ("GET", "/v1/sessions?limit=0", None, 422, "validation_error"),
        ("GET", "/v1/sessions?patient_id=%00", None, 422, "validation_error"),
    ],
)
def test_refusal_has_the_one_shape(
    alder: Cast, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    assert_refused(alder.api.request(method, path, body), status, code)


@pytest.mark.parametrize("credential", ["", "Bearer", "Bearer x", "Basic abc", "Bearer nsy_live_" + "a" * 26])
def test_missing_or_bad_key_is_401(stranger: Api, credential: str) -> None:
    refused = stranger.get("/v1/me", Authorization=credential)
    assert_refused(refused, 401, "unauthorized")
    assert refused["WWW-Authenticate"] == "Bearer"


def test_missing_scope_is_403_and_named(alder: Cast) -> None:
    refused = alder.door(scopes=["sessions:read"]).post("/v1/sessions", {})
    assert assert_refused(refused, 403, "forbidden")["detail"] == {"required_scope": "sessions:write"}


def test_other_media_type_is_415(alder: Cast) -> None:
    refused = alder.api.post("/v1/sessions", b"a=1", Content_Type="application/x-www-form-urlencoded")
    assert_refused(refused, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/json; charset=utf-8", "application/vnd.x+json"]
)
def test_json_under_any_of_its_names_is_read(alder: Cast, media_type: str) -> None:
    made = alder.api.post("/v1/sessions", b'{"chief_complaint": "cough"}', Content_Type=media_type)
    assert made.status_code == 201


def test_wrong_fields_are_named_with_their_paths(alder: Cast) -> None:
    refused = alder.api.post(
        "/v1/sessions", {"chief_complaint": "x" * 501, "age": 121, "sex": "?", "initial_fields": []}
    )
    found = {
        (e["field"], e["code"])
        for e in assert_refused(refused, 422, "validation_error")["detail"]["field_errors"]
    }
    assert found == {
        ("chief_complaint", "max_length"),
        ("age", "max_value"),
        ("sex", "invalid_choice"),
        ("initial_fields", "not_a_dict"),
    }


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}"])
def test_empty_body_is_an_empty_object(alder: Cast, body: bytes) -> None:
    assert alder.api.put("/v1/patients/p1/profile", body).status_code == 200


def test_unknown_fields_are_ignored(alder: Cast) -> None:
    made = alder.api.post("/v1/sessions", {"chief_complaint": "cough", "no_such_field": {"a": [1]}})
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/sessions", "GET, POST"), (KEYS, "GET, POST"), ("/v1/me", "GET"), ("/v1/changelog", "GET, HEAD")],
)
@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "DELETE", "PROPFIND"])
def test_other_method_is_405_with_allow(alder: Cast, path: str, allowed: str, method: str) -> None:
    refused = alder.api.request(method, path)
    assert_refused(refused, 405, "method_not_allowed")
    assert refused["Allow"] == allowed


def test_head_has_no_body(alder: Cast) -> None:
    answered = alder.api.request("HEAD", "/v1/sessions")
    assert (answered.status_code, answered.content) == (405, b"")


def test_body_of_exactly_one_mebibyte_is_read(alder: Cast) -> None:
    text = b'{"chief_complaint": "cough"'
    body = text + b" " * (MEBIBYTE - len(text) - 1) + b"}"
    assert alder.api.post("/v1/sessions", body).status_code == 201
    assert_refused(alder.api.post("/v1/sessions", body + b" "), 413, "payload_too_large")


def test_broken_operation_is_500_and_tells_nothing(
    alder: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(**_: Any) -> None:
        raise RuntimeError("canary: the patient said so")

    monkeypatch.setattr(ListKeys, "operation", staticmethod(break_down))
    with caplog.at_level(logging.INFO):
        refused = alder.api.get(KEYS)
    error = assert_refused(refused, 500, "internal_server_error")
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert any("RuntimeError" in line for line in lines)
    assert "canary" not in str(lines) + str(error)
    assert "Traceback" not in str(error)


def test_database_away_is_503_with_retry_after(alder: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_connection(**_: Any) -> None:
        raise OperationalError("canary")

    monkeypatch.setattr(ListKeys, "operation", staticmethod(lose_connection))
    refused = alder.api.get(KEYS)
    assert "canary" not in assert_refused(refused, 503, "service_unavailable")["message"]
    assert int(refused["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("sent", "is_echoed"),
    [
        ("a", True),
        ("order-7.2_b", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("", False),
        ("two words", False),
        ("a/b", False),
        ("é", False),
    ],
)
def test_request_id_is_echoed_when_it_is_one(alder: Cast, sent: str, is_echoed: bool) -> None:
    response = alder.api.get("/v1/me", X_Request_ID=sent)
    assert (response["X-Request-ID"] == sent) is is_echoed
    if not is_echoed:
        assert uuid.UUID(response["X-Request-ID"]).version == 4


@pytest.mark.parametrize("path", ["/v1/me", NOWHERE, "/v1/sessions?limit=0"])
def test_authenticated_reply_is_not_stored(alder: Cast, path: str) -> None:
    assert alder.api.get(path)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/v1/me/", "/v1//me", "/V1/me", "/v1/admin"])
def test_nothing_under_v1_redirects(alder: Cast, path: str) -> None:
    assert alder.api.get(path).status_code == 404


def test_foreign_host_is_400(alder: Cast) -> None:
    refused = alder.api.client.get("/v1/me", headers={"Host": "evil.example"})
    assert_refused(refused, 400, "bad_request")


def _send_chunked(key: str, body: bytes) -> tuple[str, bytes]:
    # Imported when the database may be asked: the server's entry point checks its role there.
    from config.wsgi import application

    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/v1/sessions",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_AUTHORIZATION": f"Bearer {key}",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }
    statuses: list[str] = []
    content = b"".join(application(environ, lambda status, _: statuses.append(status)))
    return statuses[0], content


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"chief_complaint": "cough"}', "201 Created"),
        (b"", "422 Unprocessable Entity"),
        (b" " * (MEBIBYTE + 1), "413 Request Entity Too Large"),
    ],
)
def test_chunked_body_is_read_and_bounded(alder: Cast, body: bytes, status: str) -> None:
    assert _send_chunked(alder.live_key, body)[0] == status


def test_id_may_be_written_in_capitals(alder: Cast) -> None:
    session_id = alder.api.post("/v1/sessions", {"chief_complaint": "cough"}).json()["session_id"]
    assert alder.api.get(f"/v1/sessions/{session_id.upper()}/state").json()["session_id"] == session_id
