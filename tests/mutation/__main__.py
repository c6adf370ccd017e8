"""Take away one lock between tenants after the other, and require that a test fails each time.

`python -m tests.mutation [--only policies|calls] [--sample N [--seed S]]`: one
line for each lock, and status 1 if the tests did not miss one of them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import pytest

KINDS = ("policies", "calls")


class Command:
    """Runs the trial in place of the tests that pytest has collected."""

    def __init__(self, kinds: Sequence[str], sample: int | None, seed: int) -> None:
        self.kinds, self.sample, self.seed = kinds, sample, seed
        self.has_passed = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        # Only now are there settings.
        from tests.mutation.trial import Trial

        self.has_passed = Trial(session, self.kinds, self.sample, self.seed).run()
        return True


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument(
        "--only", choices=KINDS, help="the policies of the database, or the calls of the code"
    )
    parser.add_argument("--sample", type=int, help="how many, drawn at random; all without it")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    told = parser.parse_args()
    command = Command([told.only] if told.only else KINDS, told.sample, told.seed)
    status = pytest.main(
        ["tests/isolation", "-p", "no:terminal", "-p", "no:cacheprovider"], plugins=[command]
    )
    return 0 if command.has_passed and not status else 1


if __name__ == "__main__":
    sys.exit(main())
