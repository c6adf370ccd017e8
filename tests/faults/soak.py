"""Random faults under load for as long as wanted: `python -m tests.faults.soak --seeds 3 --minutes 10`.

Each seed is a row of rounds of its own. The first round in which replies,
rows and model disagree ends the run, after its fault and seed were named.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from random import Random

import django

from config.provisioning import VARIABLES


def main() -> None:
    parser = ArgumentParser(prog="python -m tests.faults.soak", description="Random faults under load.")
    parser.add_argument("--seeds", type=int, default=3, help="how many rows of rounds (default 3)")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of each row (default 10)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nessy-soak-") as folder:
        _set_up(folder)
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
            _run(Path(folder) / str(seed), seed, asked.minutes * 60)


def _set_up(folder: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", "a key that only the tests know")
    # No server is there yet; each row of rounds brings its own.
    os.environ |= dict.fromkeys(VARIABLES, "postgres://localhost/nessy") | {"NESSY_DATA": folder}
    django.setup()
    # Every request would be told of, between the rounds.
    logging.disable()


def _run(folder: Path, seed: int, seconds: float) -> None:
    # Models can be imported only now.
    from tests.faults.injections import FAULTS
    from tests.faults.machine import Machine
    from tests.faults.rounds import play

    random, deadline, number = Random(seed), time.monotonic() + seconds, 0
    with Machine(folder) as machine:
        while time.monotonic() < deadline:
            number += 1
            name, own_seed = random.choice(list(FAULTS)), random.randrange(1 << 32)
            sys.stdout.write(f"seed {seed}, round {number}: {name} (load {own_seed}) ... ")
            sys.stdout.flush()
            done = play(machine, name, own_seed)
            sys.stdout.write(
                f"{done.seconds} s, {done.calls} calls in {done.requests} requests,"
                f" {done.failures} of them failed, {done.committed} changes\n"
            )


if __name__ == "__main__":
    main()
