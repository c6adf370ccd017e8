from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.isolation.tables import without_policies
from tests.isolation.world import World, world_as_made

BOTH_LOCKS, FIRST_LOCK_ALONE = "both locks", "the first lock alone"


@pytest.fixture(scope="module", params=[BOTH_LOCKS, FIRST_LOCK_ALONE])
def locks(request: pytest.FixtureRequest, database: None) -> Iterator[str]:
    """What keeps tenants apart: `for_actor` and row-level security, then `for_actor` without it."""
    if request.param == BOTH_LOCKS:
        yield request.param
    else:
        with without_policies():
            yield request.param


@pytest.fixture
def world(database: None) -> World:
    return world_as_made()
