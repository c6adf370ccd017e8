"""How long the engine takes per answer: `python -m tests.bench.engine [--patients N]`.

Processor time of this process, so that other work on the machine counts
little; the ratio to plain array work of the same size counts even less of it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from sessions_app.triage.belief import Tables, tables_of
from sessions_app.triage.case import Case, Entry, Question, Value
from sessions_app.triage.engine import evaluate, knowledge
from sessions_app.triage.explanation import label_of
from sessions_app.triage.frequencies import Array
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.listening import understand
from sessions_app.triage.routing import match_complaint
from sessions_app.triage.simulate import Patient, draw_patient, replies

T = TypeVar("T")
READ, EVALUATE, PLAIN = "understand, answer", "evaluate", "plain array work"


@dataclass
class Timings:
    """Milliseconds by what was done."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    def time(self, what: str, work: Callable[[], T]) -> T:
        start = time.process_time_ns()
        result = work()
        self.taken.setdefault(what, []).append((time.process_time_ns() - start) / 1e6)
        return result

    def add(self, what: str, *parts: str) -> None:
        """Count the latest of the parts as one."""
        self.taken.setdefault(what, []).append(sum(self.taken[part][-1] for part in parts))

    def line(self, what: str) -> str:
        taken = np.array(self.taken[what])
        middle, high = np.percentile(taken, [50, 95])
        figures = f"p50 {middle:7.2f} ms   p95 {high:7.2f} ms   max {taken.max():7.2f} ms"
        return f"{what:24} {figures}   n {len(taken)}"


def interview(patient: Patient, base: Knowledge, rng: np.random.Generator, timings: Timings) -> None:
    """Interview one patient, every answer being read as text too."""
    tables = tables_of(base)
    entropies = tables.chances * tables.logs
    case = patient.case
    opening = ", ".join(spoken(name, value, base) for name, value in case.entries[0].findings.items())
    timings.time("understand, opening", lambda: understand(f"I have {opening} since yesterday.", base))
    timings.time("route", lambda: match_complaint(f"I have {opening}.", base))
    while True:
        now = case
        outcome = timings.time(EVALUATE, lambda now=now: evaluate(now, base))  # type: ignore[misc]
        if now is not patient.case:
            timings.add("answer: both", READ, EVALUATE)
        timings.time(PLAIN, lambda: plain(tables, entropies))
        if outcome.question is None:
            return
        question = outcome.question
        answers = replies(question.targets, patient, base, rng)
        read(question, answers, base, timings)
        case = answered(case, question, answers)


def read(question: Question, answers: dict[str, Value], base: Knowledge, timings: Timings) -> None:
    text = ", ".join(spoken(name, value, base) for name, value in answers.items()) or "no"
    timings.time(READ, lambda: understand(text, base, question))


def answered(case: Case, question: Question, answers: dict[str, Value]) -> Case:
    return replace(case, entries=(*case.entries, Entry("answer", answers, question_id=question.question_id)))


def spoken(name: str, value: Value, base: Knowledge) -> str:
    if value is None or name not in base.findings:
        return "not sure"
    return label_of(base.findings[name], value)


def plain(tables: Tables, entropies: Array) -> float:
    """The least that one turn needs: a posterior, and what each question tells, without any rule or word."""
    rows = tables.logs[tables.first_rows[:40]]
    scores = rows.sum(axis=0)
    posterior = np.exp(scores - scores.max())
    posterior /= posterior.sum()
    chances = tables.chances @ posterior
    told = entropies @ posterior - chances * np.log(chances)
    return float(np.add.reduceat(told, tables.first_rows).max())


def first_use(timings: Timings) -> Knowledge:
    """Time what the first interview of a process waits for."""
    base = timings.time("first: load", knowledge)
    case = Case(next(iter(base.complaints)), 40, "female")
    timings.time("first: evaluate", lambda: evaluate(case, base))
    timings.time("first: understand", lambda: understand("I have had a fever for three days", base))
    timings.time("first: route", lambda: match_complaint("my head hurts", base))
    return base


def main(arguments: list[str]) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="engine", description="Time the engine on simulated interviews.")
    parser.add_argument("--patients", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    timings = Timings()
    base = first_use(timings)
    names = rng.permutation(list(base.conditions))
    start, count = time.process_time(), 0
    while count < options.patients:
        patient = draw_patient(base.conditions[str(names[count % len(names)])], base, rng)
        count += 1
        if patient is not None:
            interview(patient, base, rng, timings)
    spent = time.process_time() - start
    lines = [timings.line(what) for what in timings.taken]
    lines.append(f"interviews per second and core {count / spent:.0f}")
    own, plainly = (float(np.median(timings.taken[what])) for what in (EVALUATE, PLAIN))
    lines.append(f"evaluate / plain array work    {own:.2f} / {plainly:.2f} ms = {own / plainly:.1f}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
