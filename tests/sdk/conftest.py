from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import MISSING, fields
from typing import Any

import pytest
from nessyapi_sdk import AsyncNessyClient, NessyClient

from tests.conftest import Cast
from tests.factories import make_key
from tests.live import LiveServer


@pytest.fixture(scope="package")
def live() -> Iterator[LiveServer]:
    with LiveServer() as server:
        yield server


class Blocking:
    """The asynchronous client, called the way the other one is."""

    def __init__(self, client: Any, runner: asyncio.Runner) -> None:
        self.client, self.runner = client, runner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.client, name)

        def call(*arguments: Any, **named: Any) -> Any:
            return self.runner.run(method(*arguments, **named))

        return call


class Opened:
    """Opens clients of one kind and closes them after the test."""

    def __init__(self, kind: str, url: str, stack: ExitStack) -> None:
        self.kind, self.url, self.stack = kind, url, stack
        self.runner = stack.enter_context(asyncio.Runner()) if kind == "async" else None

    def __call__(self, key: str, **options: Any) -> Any:
        if self.runner is None:
            return self.stack.enter_context(NessyClient(key, base_url=self.url, **options))
        client = Blocking(AsyncNessyClient(key, base_url=self.url, **options), self.runner)
        self.stack.callback(client.close)
        return client


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest, live: LiveServer) -> Iterator[Opened]:
    """`connect(key)`: a client of the server, of either kind."""
    with ExitStack() as stack:
        yield Opened(request.param, live.url, stack)


@pytest.fixture(params=["live", "test"])
def livemode(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "live")


@pytest.fixture
def client(connect: Opened, alder: Cast, livemode: bool) -> Any:
    """Alder's client, with a live and with a test key."""
    return connect(alder.live_key if livemode else make_key(owner=alder.owner, test=True))


def unfilled(model: Any) -> set[str]:
    """Names of a model's fields that hold what it starts with, or nothing at all."""
    empty = set()
    for field in fields(model):
        starts: list[Any] = [None, "", [], {}]
        if field.default is not MISSING:
            starts.append(field.default)
        if getattr(model, field.name) in starts:
            empty.add(field.name)
    return empty
