"""The cast: Alder Clinic, and Birch Hospital as the stranger; each test gets tenants of its own.

The database is made as owner and used as the app's role. Tests commit and
flush nothing: inside one wrapping transaction the tenant set by SET LOCAL
would outlive a request and hide a leak.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_address
from typing import Any

import orjson
import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from tenants.actor import Actor
from tests.document import assert_documented
from tests.factories import make_key, make_tenant


@pytest.fixture(scope="session", autouse=True)
def database(django_db_blocker: DjangoDbBlocker, worker_id: str) -> Iterator[None]:
    """A migrated database for this worker, under all three roles."""
    name = f"nessy_test_{worker_id}"
    with django_db_blocker.unblock():
        _recreate(name)
        for connection in connections.all():
            connection.settings_dict["NAME"] = name
        call_command("migrate", database="owner", verbosity=0)
        yield
        connections.close_all()


def _recreate(name: str) -> None:
    with closing(
        connections["owner"].get_new_connection(connections["owner"].get_connection_params())
    ) as raw:
        raw.autocommit = True
        raw.execute(psycopg.sql.SQL("DROP DATABASE IF EXISTS {}").format(psycopg.sql.Identifier(name)))
        raw.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))


class Api:
    """The API door as a client: JSON in, JSON out; every reply is held against the document."""

    def __init__(self, key: str = "") -> None:
        self.key = key
        # An address of its own: refused calls are counted by address.
        address = str(ip_address(secrets.randbits(120) | 0xFD << 120))
        self.client = Client(raise_request_exception=False, REMOTE_ADDR=address)

    def request(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        response = self._send(method, path, data, headers)
        assert_documented(method, path, response)
        return response

    def _send(self, method: str, path: str, data: Any, headers: dict[str, str]) -> Any:
        sent = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "GET":
            return self.client.get(path, data or {}, headers=sent)
        return self.client.generic(
            method,
            path,
            data if isinstance(data, (bytes, str)) else _encoded(data),
            content_type=sent.pop("Content-Type", "application/json"),
            headers=sent,
        )

    def get(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.request("GET", path, data, **headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.request("POST", path, data, **headers)

    def put(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.request("PUT", path, data, **headers)

    def patch(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.request("PATCH", path, data, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.request("DELETE", path, **headers)


def _encoded(data: Any) -> bytes:
    return b"" if data is None else orjson.dumps(data)


class Cast:
    """A tenant, its owner as an actor, and doors for its keys."""

    def __init__(self, name: str, tier: str = "growth") -> None:
        self.owner: Actor = make_tenant(name=name, tier=tier)
        self.live_key = make_key(owner=self.owner)
        self.api = Api(self.live_key)

    def door(self, **key: Any) -> Api:
        """The API door for another key: `door(scopes=["sessions:read"], test=True)`."""
        return Api(make_key(owner=self.owner, **key))


@pytest.fixture
def alder() -> Cast:
    return Cast("Alder Clinic")


@pytest.fixture
def birch() -> Cast:
    return Cast("Birch Hospital")


@pytest.fixture
def stranger() -> Api:
    """Nobody: no credential."""
    return Api()
