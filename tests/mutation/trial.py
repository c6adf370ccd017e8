"""The tests of isolation meet one mutant after the other, in one pytest run."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from typing import Any, cast

import pytest
from _pytest.runner import runtestprotocol

from tests.isolation.conftest import FIRST_LOCK_ALONE
from tests.isolation.world import forget_world
from tests.mutation.calls import DroppedCall, dropped_calls
from tests.mutation.policies import DroppedPolicy, dropped_policies

Mutant = DroppedCall | DroppedPolicy
# The tests that may notice a mutant, in the order of trial: soonest first.
CALL_TESTS = ("test_statements", "test_lists", "test_strangers")
POLICY_TESTS = ("test_policies", "test_catalogue")


def parameters(test: pytest.Item) -> dict[str, Any]:
    found: dict[str, Any] = test.callspec.params if hasattr(test, "callspec") else {}
    return found


class Trial:
    """Mutants against the tests that may notice them; `sample` is how many of them, all if None."""

    def __init__(self, session: pytest.Session, kinds: Sequence[str], sample: int | None, seed: int) -> None:
        self.session = session
        self.kinds = kinds
        self.sample = sample
        self.seed = seed

    def run(self) -> bool:
        """Whether every mutant makes a test fail that passes without it."""
        # Any test makes the database, from which the policies are read.
        if (failed := self._first_failure(self._of(POLICY_TESTS)[:1])) is not None:
            say(f"{failed.name} fails without any mutant")
            return False
        mutants = self._chosen()
        killed = sum(self._is_killed(mutant) for mutant in mutants)
        say(f"{len(mutants)} mutants, {killed} killed, {len(mutants) - killed} survived")
        return killed == len(mutants)

    def _chosen(self) -> list[Mutant]:
        mutants: list[Mutant] = []
        if "policies" in self.kinds:
            mutants += dropped_policies()
        if "calls" in self.kinds:
            mutants += dropped_calls()
        if self.sample is None:
            return mutants
        drawn = random.Random(self.seed).sample(range(len(mutants)), min(self.sample, len(mutants)))
        return [mutants[place] for place in sorted(drawn)]

    def _is_killed(self, mutant: Mutant) -> bool:
        with mutant.applied():
            failed = self._first_failure(self._tests_for(mutant))
        if isinstance(mutant, DroppedCall):
            # Whatever was made meanwhile was made by the mutant.
            forget_world()
        if failed is None:
            say(f"SURVIVED  {mutant}")
        elif self._first_failure([failed]) is not None:
            say(f"UNPROVEN  {mutant}\n          {failed.name} fails without it too")
            return False
        else:
            say(f"killed    {mutant}\n          by {failed.name}")
        return failed is not None

    def _tests_for(self, mutant: Mutant) -> list[pytest.Item]:
        if isinstance(mutant, DroppedPolicy):
            return [test for test in self._of(POLICY_TESTS) if parameters(test).get("table") == mutant.table]
        # With row-level security behind it the first lock would not be missed.
        alone = FIRST_LOCK_ALONE
        return [test for test in self._of(CALL_TESTS) if parameters(test).get("locks", alone) == alone]

    def _of(self, modules: Sequence[str]) -> list[pytest.Item]:
        found = [test for test in self.session.items if test.path.stem in modules]
        return sorted(found, key=lambda test: modules.index(test.path.stem))

    def _first_failure(self, tests: Sequence[pytest.Item]) -> pytest.Item | None:
        # After the last one everything is torn down but what the whole session shares.
        session = cast("pytest.Item", self.session)
        for test, following in zip(tests, [*tests[1:], session], strict=False):
            if any(report.failed for report in runtestprotocol(test, log=False, nextitem=following)):
                self.session._setupstate.teardown_exact(session)
                return test
        return None


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
