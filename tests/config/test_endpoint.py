"""What an Endpoint promises beyond its operation."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import RequestFactory
from psycopg import errors as pg_errors

from config.middleware import client_address
from tenants.keys.endpoints import ListKeys
from tenants.keys.queries import visible_keys
from tests.conftest import Cast


@pytest.mark.parametrize(
    ("cause", "failures", "status"),
    [
        (pg_errors.DeadlockDetected, 2, 200),
        (pg_errors.SerializationFailure, 2, 200),
        (pg_errors.DeadlockDetected, 3, 503),
        (pg_errors.LockNotAvailable, 1, 503),
    ],
)
def test_victim_of_a_deadlock_is_run_again(
    alder: Cast, monkeypatch: pytest.MonkeyPatch, cause: type[Exception], failures: int, status: int
) -> None:
    left = [cause()] * failures

    def fail_at_first(**arguments: Any) -> Any:
        if left:
            raise OperationalError from left.pop()
        return visible_keys(**arguments)

    monkeypatch.setattr(ListKeys, "operation", staticmethod(fail_at_first))
    assert alder.api.get("/v1/admin/keys").status_code == status


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ([], "10.0.0.1", "1.2.3.4", "10.0.0.1"),
        (["10.0.0.1"], "10.0.0.1", "1.2.3.4", "1.2.3.4"),
        (["10.0.0.1"], "10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (["10.0.0.1", "10.0.0.2"], "10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        (["10.0.0.1"], "10.0.0.9", "1.2.3.4", "10.0.0.9"),
        (["10.0.0.1"], "10.0.0.1", "", "10.0.0.1"),
        (["10.0.0.1"], "10.0.0.1", "10.0.0.1, ", "10.0.0.1"),
    ],
)
def test_client_address_is_the_peer_unless_a_trusted_proxy_speaks(
    settings: Any, trusted: list[str], peer: str, forwarded: str, client: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == client


@pytest.mark.parametrize("language", ["cs", "de", "xx"])
def test_language_of_the_client_changes_no_answer(alder: Cast, language: str) -> None:
    plain = alder.api.post("/v1/sessions", {"age": "x"}, X_Request_ID="same")
    asked = alder.api.post("/v1/sessions", {"age": "x"}, X_Request_ID="same", Accept_Language=language)
    assert asked.content == plain.content
    assert "Content-Language" not in asked.headers


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", "", "nonsense"])
def test_answer_is_json_whatever_is_accepted(alder: Cast, accept: str) -> None:
    reply = alder.api.get("/v1/me", Accept=accept)
    assert (reply.status_code, reply["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("path", ["/v1/me", "/v1/nothing", "/", "/docs", "/redoc"])
def test_every_reply_has_the_security_headers(alder: Cast, path: str) -> None:
    reply = alder.api.get(path)
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert reply["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in reply["Content-Security-Policy"]
    assert "unsafe-eval" not in reply["Content-Security-Policy"]
    assert "Set-Cookie" not in reply.headers
