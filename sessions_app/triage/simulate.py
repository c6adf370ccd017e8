"""Interviews simulated patients: `python -m sessions_app.triage.simulate [--patients N] [--condition ID]`.

Patients are drawn from the knowledge itself with unknown and wrong answers
and with links missing in what the engine knows, so the figures tell how well
conditions can be told apart, not how well the engine does on real people.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sessions_app.triage.belief import BAND_SHARES, Tables, tables_of, value_inside
from sessions_app.triage.case import Case, Entry, Outcome, Sex, Value
from sessions_app.triage.engine import evaluate
from sessions_app.triage.evaluation.metrics import brier, calibration_error
from sessions_app.triage.evidence import applies_to, gather
from sessions_app.triage.expressions import NUMERIC
from sessions_app.triage.knowledge.loader import Knowledge, load
from sessions_app.triage.knowledge.schema import Complaint, Condition, Finding
from sessions_app.triage.levels import condition_ranks
from sessions_app.triage.red_flags import rank
from sessions_app.triage.rulebook import rulebook_of

UNKNOWN_SHARE, WRONG_SHARE, MISSING_LINKS = 0.10, 0.05, 0.10
BANDS = ((0, 0), (1, 4), (5, 17), (18, 39), (40, 64), (65, 90))
PRESENTING = 3
VOLUNTEERED = 2


@dataclass(frozen=True, slots=True)
class Patient:
    condition: str
    case: Case
    truth: Mapping[str, Value]
    level_rank: int


@dataclass
class Tally:
    ranks: list[int] = field(default_factory=list)
    level_errors: list[int] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)
    confusions: Counter[str] = field(default_factory=Counter)

    def share_within(self, place: int) -> float:
        """Share of patients whose condition came among the first `place`."""
        return sum(rank < place for rank in self.ranks) / max(len(self.ranks), 1)


def thinned(knowledge: Knowledge, rng: np.random.Generator) -> Knowledge:
    """The knowledge with a tenth of its links from conditions to findings missing."""
    conditions = {
        name: condition.model_copy(
            update={
                "findings": {
                    finding: figure
                    for finding, figure in condition.findings.items()
                    if rng.random() >= MISSING_LINKS
                }
            }
        )
        for name, condition in knowledge.conditions.items()
    }
    return replace(knowledge, conditions=conditions)


def draw_patient(condition: Condition, knowledge: Knowledge, rng: np.random.Generator) -> Patient | None:
    """A patient with the condition; None when no complaint leads to it."""
    complaint = _draw_complaint(condition, knowledge, rng)
    if complaint is None:
        return None
    age, sex = _draw_person(condition, rng)
    truth = _draw_truth(condition, Case(complaint.id, age, sex), knowledge, rng)
    everything = Case(complaint.id, age, sex, (Entry("answer", truth),))
    facts = gather(everything, knowledge).facts
    place = list(knowledge.conditions).index(condition.id)
    own = int(condition_ranks(rulebook_of(knowledge).decide(facts), knowledge)[place])
    volunteered = Entry("intake", _volunteered(condition, truth))
    return Patient(
        condition=condition.id,
        case=Case(complaint.id, age, sex, (volunteered,)),
        truth=truth,
        # Rules are left out: independent draws make danger signs meet that never do in one person.
        level_rank=own,
    )


def interview(patient: Patient, knowledge: Knowledge, rng: np.random.Generator) -> Outcome:
    """Answer as the patient would, with some unknown and some wrong answers, to the end."""
    case = patient.case
    outcome = evaluate(case, knowledge)
    while outcome.question is not None:
        answers = replies(outcome.question.targets, patient, knowledge, rng)
        entry = Entry("answer", answers, question_id=outcome.question.question_id)
        case = replace(case, entries=(*case.entries, entry))
        outcome = evaluate(case, knowledge)
    return outcome


def run(
    knowledge: Knowledge, names: Iterable[str], patients: int, seed: int
) -> Iterator[tuple[Patient, Outcome]]:
    """Interview so many patients of each condition."""
    rng = np.random.default_rng(seed)
    known = thinned(knowledge, rng)
    for name in names:
        for _ in range(patients):
            patient = draw_patient(knowledge.conditions[name], knowledge, rng)
            if patient is not None:
                yield patient, interview(patient, known, rng)


def _draw_complaint(condition: Condition, knowledge: Knowledge, rng: np.random.Generator) -> Complaint | None:
    leading = [c for c in knowledge.complaints.values() if condition.id in c.conditions]
    typical = [c for c in leading if _is_presenting(c, condition)]
    options = typical or leading
    return options[int(rng.integers(len(options)))] if options else None


def _is_presenting(complaint: Complaint, condition: Condition) -> bool:
    figures = [condition.findings.get(name, 0) for name, value in complaint.implies.items() if value]
    return any(isinstance(figure, int) and figure >= PRESENTING for figure in figures)


def _draw_person(condition: Condition, rng: np.random.Generator) -> tuple[int, Sex]:
    rates = np.array([condition.rate_m, condition.rate_f]) * BAND_SHARES
    limits = condition.applies
    for place, (low, high) in enumerate(BANDS):
        if not any(applies_to(limits, age, None) for age in range(low, high + 1)):
            rates[:, place] = 0
    if limits.sex:
        rates[1 if limits.sex == "male" else 0] = 0
    flat = rates.ravel() + (1e-12 if rates.sum() == 0 else 0)
    choice = int(rng.choice(len(flat), p=flat / flat.sum()))
    low, high = BANDS[choice % len(BANDS)]
    ages = [age for age in range(low, high + 1) if applies_to(limits, age, None)] or [low]
    return int(rng.choice(ages)), "male" if choice < len(BANDS) else "female"


def _draw_truth(
    condition: Condition, case: Case, knowledge: Knowledge, rng: np.random.Generator
) -> dict[str, Value]:
    tables = tables_of(knowledge)
    column = tables.conditions.index(condition.id)
    truth: dict[str, Value] = {**knowledge.complaints[case.complaint].implies}
    pending = list(knowledge.findings.values())
    # Parents first; a finding whose parent is absent does not exist.
    pending.sort(key=lambda finding: finding.parent is not None)
    for finding in pending:
        is_possible = applies_to(finding.applies, case.age, case.sex)
        parent_missing = finding.parent is not None and truth.get(finding.parent) in (None, False)
        if finding.id in truth or not is_possible or parent_missing:
            if finding.type == "binary":
                truth.setdefault(finding.id, False)
            continue
        truth[finding.id] = _draw_value(finding, tables, column, rng)
    return truth


def _volunteered(condition: Condition, truth: Mapping[str, Value]) -> dict[str, Value]:
    """What the patient says unasked: the most typical of what is there."""
    typical = [
        (figure, name)
        for name, figure in condition.findings.items()
        if isinstance(figure, int) and truth.get(name) is True
    ]
    return {name: True for _, name in sorted(typical, reverse=True)[:VOLUNTEERED]}


def _draw_value(finding: Finding, tables: Tables, column: int, rng: np.random.Generator) -> Value:
    nodes = [tables.nodes[place] for place in tables.nodes_of[finding.id]]
    if finding.type == "multi":
        return tuple(
            node.option for node in nodes if rng.random() < tables.chances[node.first_row + 1, column]
        )
    node = nodes[0]
    chances = tables.chances[node.first_row : node.first_row + len(node.outcomes), column]
    outcome = node.outcomes[int(rng.choice(len(chances), p=chances / chances.sum()))]
    if finding.type == "binary":
        return outcome == "yes"
    return value_inside(finding, outcome) if finding.type in NUMERIC else outcome


def replies(
    targets: Iterable[str], patient: Patient, knowledge: Knowledge, rng: np.random.Generator
) -> dict[str, Value]:
    """The patient's answers to one question; now and then not known, or one of them wrong."""
    asked = [knowledge.findings[name] for name in targets if name in knowledge.findings]
    if rng.random() < UNKNOWN_SHARE:
        return {finding.id: None for finding in asked}
    answers: dict[str, Value] = {
        finding.id: None if finding.kind == "measurement" else patient.truth.get(finding.id)
        for finding in asked
    }
    if asked and rng.random() < WRONG_SHARE:
        mistaken = asked[int(rng.integers(len(asked)))]
        answers[mistaken.id] = _mistake(mistaken, answers[mistaken.id], rng)
    return answers


def _mistake(finding: Finding, truth: Value, rng: np.random.Generator) -> Value:
    if isinstance(truth, bool):
        return not truth
    if finding.type == "categorical":
        return finding.values[int(rng.integers(len(finding.values)))].id
    return () if finding.type == "multi" else truth


def report(results: Iterable[tuple[Patient, Outcome]]) -> str:
    """The figures as a table, worst conditions first, then the overall ones."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    confidence: list[tuple[float, bool]] = []
    for patient, outcome in results:
        tally = tallies[patient.condition]
        order = [item.condition for item in outcome.differentials]
        tally.ranks.append(order.index(patient.condition) if patient.condition in order else len(order) + 10)
        tally.level_errors.append(rank(outcome.level) - patient.level_rank)
        tally.questions.append(outcome.questions_asked)
        confidence.append((outcome.differentials[0].probability, order[0] == patient.condition))
        if order[0] != patient.condition:
            tally.confusions[order[0]] += 1
    lines = [f"{'condition':34} top1 top3 under over  questions  taken for"]
    for name in sorted(tallies, key=lambda name: tallies[name].share_within(3)):
        lines.append(_line(name, tallies[name]))
    everything = Tally()
    for tally in tallies.values():
        everything.ranks += tally.ranks
        everything.level_errors += tally.level_errors
        everything.questions += tally.questions
    lines.append(_line("all", everything))
    lines.append(f"Brier {brier(confidence):.3f}\nECE {calibration_error(confidence):.3f}")
    return "\n".join(lines)


def _line(name: str, tally: Tally) -> str:
    count = max(len(tally.ranks), 1)
    under = sum(error < 0 for error in tally.level_errors) / count
    over = sum(error > 0 for error in tally.level_errors) / count
    asked = sum(tally.questions) / count
    taken = ", ".join(f"{other} {times}" for other, times in tally.confusions.most_common(3))
    return (
        f"{name:34} {tally.share_within(1):4.0%} {tally.share_within(3):4.0%} {under:5.0%} {over:4.0%}"
        f"  {asked:9.1f}  {taken}"
    )


def main(arguments: list[str]) -> int:
    """Run the simulation that the command line asks for."""
    parser = argparse.ArgumentParser(prog="simulate", description="Interview simulated patients.")
    parser.add_argument("--patients", type=int, default=5, help="patients of each condition")
    parser.add_argument("--condition", help="only this condition")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    knowledge = load()
    names = [options.condition] if options.condition else list(knowledge.conditions)
    sys.stdout.write(report(run(knowledge, names, options.patients, options.seed)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
