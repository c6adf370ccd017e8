"""Leads outside cases through the interview, as the doors do and without them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sessions_app.triage.case import Case, Entry, Outcome, Question, Value
from sessions_app.triage.engine import evaluate
from sessions_app.triage.evaluation.cases import Vignette
from sessions_app.triage.knowledge.loader import Knowledge


@dataclass(frozen=True, slots=True)
class Run:
    """A case at the end of its interview; `seconds` has one figure for each answer of the engine."""

    vignette: Vignette
    outcome: Outcome
    seconds: tuple[float, ...]


def consult(
    vignette: Vignette,
    *,
    knowledge: Knowledge,
    begin: Callable[[Vignette], Case],
    clock: Callable[[], float],
    told: Mapping[str, Value],
) -> Run:
    """Interview the case to its end; `told` are the answers it has beside its text.

    `begin` makes the first entries out of the case's words; its time counts as the first answer's.
    """
    started = clock()
    case = begin(vignette)
    outcome = evaluate(case, knowledge)
    seconds = [clock() - started]
    while outcome.question is not None:
        findings = reply(outcome.question, told, knowledge)
        entry = Entry("answer", findings, question_id=outcome.question.question_id)
        case = replace(case, entries=(*case.entries, entry))
        started = clock()
        outcome = evaluate(case, knowledge)
        seconds.append(clock() - started)
    return Run(vignette, outcome, tuple(seconds))


def reply(question: Question, told: Mapping[str, Value], knowledge: Knowledge) -> dict[str, Value]:
    """Answer every target of a question: what is told, else "no" to what one would feel or know.

    What has to be measured, seen on examination or put into a figure or a choice is not
    known. In a list nothing else is ticked, which denies the signs that it names, too.
    """
    is_list = len(question.targets) > 1
    return {
        name: told[name] if name in told else _unmentioned(name, knowledge, is_list=is_list)
        for name in question.targets
    }


def _unmentioned(name: str, knowledge: Knowledge, *, is_list: bool) -> Value:
    finding = knowledge.findings.get(name)
    if finding is None or finding.type != "binary" or finding.kind == "measurement":
        return None
    return None if finding.kind == "sign" and not is_list else False
