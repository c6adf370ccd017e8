"""Interviews answered at random: `python -m tests.sessions_app.triage.walks [--paths N] [--seed S]`."""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import replace
from typing import Any

from sessions_app.triage.case import Case, Entry, Outcome, Question, Value
from sessions_app.triage.engine import evaluate, knowledge
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.questions import HARD_CAP
from sessions_app.triage.red_flags import rank


def random_value(name: str, base: Knowledge, rng: random.Random) -> Value:
    if name == "age":
        return rng.choice([None, rng.randint(0, 100)])
    if name == "sex":
        return rng.choice([None, "male", "female", "other"])
    finding = base.findings[name]
    if rng.random() < 0.15:
        return None
    if finding.type == "binary":
        return rng.random() < 0.3
    options = [option.id for option in finding.values]
    if finding.type == "categorical":
        return rng.choice(options)
    if finding.type == "multi":
        return tuple(option for option in options if rng.random() < 0.3)
    low = finding.min if finding.min is not None else 0.0
    return rng.uniform(low, finding.max if finding.max is not None else 3000)


def answer(question: Question, base: Knowledge, rng: random.Random) -> Entry:
    if rng.random() < 0.1:
        return Entry("answer", question_id=question.question_id, skipped=True)
    if rng.random() < 0.1:
        return Entry("answer", question_id=question.question_id, is_unclear=True)
    findings = {name: random_value(name, base, rng) for name in question.targets}
    return Entry("answer", findings, question_id=question.question_id)


def walk(case: Case, base: Knowledge, rng: random.Random) -> list[Outcome]:
    """Every outcome of an interview answered at random, each held against what must always be so."""
    outcomes = [evaluate(case, base)]
    while (question := outcomes[-1].question) is not None:
        case = replace(case, entries=(*case.entries, answer(question, base, rng)))
        outcomes.append(evaluate(case, base))
    assert outcomes[-1].questions_asked <= HARD_CAP, case
    for outcome in outcomes:
        assert sum(item.probability for item in outcome.differentials) <= 1.001, case
        assert all(rank(outcome.level) >= rank(flag.level) for flag in outcome.red_flags), case
    return outcomes


def random_case(base: Knowledge, rng: random.Random) -> Case:
    sex: Any = rng.choice([None, "male", "female", "other"])
    age = rng.choice([None, rng.randint(0, 100)])
    names = rng.sample(sorted(base.findings), 2)
    intake = Entry("intake", {name: random_value(name, base, rng) for name in names if rng.random() < 0.5})
    return Case(rng.choice(sorted(base.complaints)), age, sex, (intake,))


def main(arguments: list[str]) -> int:
    """Walk many paths through the real knowledge; raises AssertionError with the case that broke a rule."""
    parser = argparse.ArgumentParser(prog="walks", description="Walk random paths through the interview.")
    parser.add_argument("--paths", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    base, rng = knowledge(), random.Random(options.seed)
    lengths = [len(walk(random_case(base, rng), base, rng)) - 1 for _ in range(options.paths)]
    mean = sum(lengths) / len(lengths)
    sys.stdout.write(f"{len(lengths)} paths, {mean:.1f} answers on average, {max(lengths)} at most\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
