"""How fast an answer is taken: `python -m tests.bench.answer [--quick] [--profile] [--json FILE]`.

Beside the product run two peers that do the same for the same requests on
the same machine: `hand`, a plain Django view written by hand with cursors on
the product's own tables, and `usual`, the usual packages and the ORM. Only
ratios of one run mean anything: absolute figures are the machine's. Linux only:
processes are tied to cores, and what they use is read from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.contest import (
    Contender,
    Results,
    contender,
    contest,
    hand,
    ours,
    ours_on,
    ratio,
    usual,
    warm_up,
)
from tests.bench.ground import CORES, ROOT, TENANTS, Ground, prepared_ground
from tests.bench.history import LONG_DATABASE, long_history
from tests.bench.processes import Side, memory_megabytes
from tests.bench.report import figures_table, ratios, ratios_table, table
from tests.bench.workload import Recorded, record, sessions_of

PARTS = ("peers", "history", "start")
IMPORTS = "import django; django.setup(); from sessions_app.triage.engine import knowledge; knowledge()"


@dataclass(frozen=True, slots=True)
class Size:
    interviews: int
    rounds: int
    # For the rounds of one part.
    seconds: float
    connections: tuple[int, ...]
    hot_connections: tuple[int, ...]
    history: int
    starts: int


FULL = Size(
    interviews=30,
    rounds=3,
    seconds=60,
    connections=(1, 4, 16),
    hot_connections=(1, 4, 16),
    history=100_000,
    starts=3,
)
QUICK = Size(
    interviews=8, rounds=1, seconds=0, connections=(1, 16), hot_connections=(16,), history=2_000, starts=1
)


def main(arguments: list[str]) -> int:
    """Measure what the command line asks for and print it."""
    parser = argparse.ArgumentParser(prog="answer", description="Measure the answer endpoint.")
    parser.add_argument("--quick", action="store_true", help="a minute or two; figures are rough")
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part")
    parser.add_argument(
        "--profile", action="store_true", help="where one answer of the product takes its time"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args(arguments)
    size = QUICK if options.quick else FULL
    # Servers and their folder go also when a time limit ends the run.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    with prepared_ground() as ground:
        with Side(ours(), ground.data / "record.log") as side:
            recorded = record(side.port, ground, size.interviews)
        if options.profile:
            from tests.bench.profiling import profile

            sys.stdout.write(profile(sessions_of(ground, recorded, size.interviews, ground.accounts)) + "\n")
            return 0
        bench = Bench(ground, recorded, size)
        for part in options.only or PARTS:
            getattr(bench, part)()
    if options.json:
        options.json.write_text(json.dumps(bench.found, indent=2) + "\n")
    return 0


@dataclass
class Bench:
    """The parts of the benchmark; each prints its figures and keeps them in `found`."""

    ground: Ground
    recorded: Sequence[Recorded]
    size: Size

    def __post_init__(self) -> None:
        self.found: dict[str, Any] = {"machine": {"cores": len(CORES[0] | CORES[1])}}
        answers = sum(len(one.turns) for one in self.recorded)
        self._say(f"{len(self.recorded)} interviews of {answers} answers; application on one core\n")

    def peers(self) -> None:
        """The three sides, the sessions spread over all tenants, then all of them at one."""
        with ExitStack() as stack:
            sides = [
                contender(stack, self.ground, self.recorded, ours()),
                contender(stack, self.ground, self.recorded, hand()),
                usual(stack, self.ground, self.recorded),
            ]
            results = self._contest(sides, self.size.connections, self.size.rounds, TENANTS)
            self._tell_sides("peers", f"Answers, spread over {TENANTS} tenants", results)
            results = self._contest(sides, self.size.hot_connections, 1, 1)
            self._tell_sides("hot", "Answers, one hot tenant", results)

    def history(self) -> None:
        """The product with little and with much in the tenant."""
        account, template = self.ground.accounts[-1], self.recorded[0].template
        long = long_history(self.ground, account.tenant_id, template, short=10, long=self.size.history)
        with ExitStack() as stack:
            where = {"accounts": [account]}
            sides = [
                contender(stack, self.ground, self.recorded, ours(), **where),
                contender(stack, self.ground, self.recorded, ours_on(long), database=LONG_DATABASE, **where),
            ]
            results = self._contest(sides, (4,), self.size.rounds, 1)
        self._keep("history", results)
        share = ratio(results[4], "long history", "ours")
        self._say(f"## Answers with {self.size.history} finalized sessions in the tenant\n")
        self._say(figures_table(results))
        self._say(f"\nAnswers/s with {self.size.history} ÷ with 10: {share:.2f}\n")
        self.found["history"]["ratio"] = round(share, 2)

    def start(self) -> None:
        """Processes from nothing, and their memory after some work."""
        answered, sizes = [], (0.0, 0.0)
        for _ in range(self.size.starts):
            with ExitStack() as stack:
                one = contender(stack, self.ground, self.recorded, ours())
                answered.append(one.side.start_seconds)
                one.run(self.size.interviews, 4, TENANTS)
                sizes = memory_megabytes(one.side.worker())
        imported = median(_import_seconds() for _ in range(self.size.starts))
        rows = [
            ["start to the first answered /livez, s", "", f"{median(answered):.2f}"],
            ["interpreter, Django and knowledge, s", "", f"{imported:.2f}"],
            ["worker after load, RSS MB", "", f"{sizes[0]:.0f}"],
            ["worker after load, PSS MB", "", f"{sizes[1]:.0f}"],
        ]
        self._say("## Process\n")
        self._say(table(["figure", "", "value"], rows) + "\n")
        self.found["start"] = {name: float(value) for name, _, value in rows}

    def _tell_sides(self, part: str, title: str, results: Results) -> None:
        self._keep(part, results)
        found = ratios(results)
        self.found[part]["ratios"] = {
            name: {number: round(value, 2) for number, value in by_number.items()}
            for name, by_number in found.items()
        }
        busiest = max(figures.client_share for by_name in results.values() for figures in by_name.values())
        self._say(f"## {title}\n\n{figures_table(results)}\n\n{ratios_table(found)}\n")
        rounds = min(len(figures.samples) for by_name in results.values() for figures in by_name.values())
        self._say(f"Rounds: {rounds}. The client's own processor time: at most {busiest:.0%} of its core.\n")

    def _contest(
        self, sides: Sequence[Contender], connections: Sequence[int], rounds: int, accounts: int
    ) -> Results:
        warm_up(sides, accounts=accounts)
        return contest(
            sides,
            sessions=self.size.interviews,
            connections=connections,
            rounds=rounds,
            accounts=accounts,
            seconds=self.size.seconds,
        )

    def _keep(self, part: str, results: Results) -> None:
        self.found[part] = {
            number: {name: figures.as_json() for name, figures in by_name.items()}
            for number, by_name in results.items()
        }

    def _say(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _import_seconds() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], cwd=ROOT, env=os.environ, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
