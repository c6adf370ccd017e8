from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import PostgreSQL


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    """A server of its own: these tests kill it and change its roles."""
    data: Path = tmp_path_factory.mktemp("data")
    server = PostgreSQL(data, durable=False)
    server.start()
    yield server
    server.stop()
