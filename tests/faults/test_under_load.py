"""Each fault in the middle of a random load: nothing is lost, done twice or answered with a 500."""

from __future__ import annotations

import pytest

from tests.faults.injections import FAULTS
from tests.faults.machine import Machine
from tests.faults.rounds import CALLS, play

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("name", FAULTS)
def test_fault_leaves_the_books_of_a_single_thread(machine: Machine, name: str, seed: int) -> None:
    assert play(machine, name, seed).committed > CALLS // 2
