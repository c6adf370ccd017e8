"""Which question comes next, and when enough is known.

Danger signs first, then age and sex, the course of the complaint, and then
whatever tells most about the cause and its urgency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sessions_app.triage.asking import (
    AGE_QUESTION,
    PREFIX,
    SEX_QUESTION,
    ask_age,
    ask_finding,
    ask_group,
    ask_sex,
)
from sessions_app.triage.case import Question
from sessions_app.triage.checks import Check, urgency_checks
from sessions_app.triage.evidence import Evidence
from sessions_app.triage.interview import Interview
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Complaint, Finding, Group
from sessions_app.triage.levels import level_shares
from sessions_app.triage.worth import Sheet, Worth

SOFT_CAP, HARD_CAP = 15, 25
MIN_INFORMATION = 0.01
# A follow-up that tells less than this about the case is left out.
MIN_FOLLOW_UP = 0.03
CERTAIN, SAFE = 0.85, 0.02
SURE_EMERGENCY = 0.85
SETTLED_ENOUGH, LONG_ENOUGH = 0.6, 10
# Home care has limits on these, so they are asked even when they tell little about the cause.
ALWAYS_FOLLOWED_UP = ("symptom_duration", "pain_severity")
NATS_PER_QUESTION = 0.3
# The causes named in the reason for a question.
MAX_SEPARATED, WORTH_NAMING = 6, 0.03

# How many questions are pending is needed, but only the first of them in words.
Ask = Callable[[], Question]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Every finding that may be asked, the most valuable first."""

    sheet: Sheet
    # Places in the sheet.
    places: NDArray[np.intp]
    best_score: float
    # What an urgency hangs on.
    checks: Mapping[str, Check]

    @property
    def findings(self) -> Iterator[Finding]:
        return (self.sheet.findings[place] for place in self.places)


def next_questions(interview: Interview) -> tuple[Question | None, int]:
    """The next question and how many are likely to come, itself included; (None, 0) when complete."""
    evidence = interview.evidence
    asked = len(evidence.settled)
    if any(flag.level == "emergency" for flag in interview.verdicts.fired) or asked >= HARD_CAP:
        return None, 0
    if evidence.unclear:
        again = build_question(evidence.unclear, evidence, interview.knowledge)
        if again is not None:
            return replace(again, is_reask=True), _remaining(interview, 1, asked)
    dangers = list(_dangers(interview))
    if not dangers and _is_sure_emergency(interview):
        return None, 0
    pending = [*dangers, *_course(interview)]
    if pending:
        return _with_reason(pending[0](), interview), _remaining(interview, len(pending), asked)
    best = _most_telling(interview, asked)
    return best, _remaining(interview, 0, asked) if best else 0


def obligatory(interview: Interview) -> Iterator[Question]:
    """Questions that are asked whatever the differential: danger signs, age and sex, the course."""
    return (ask() for ask in chain(_dangers(interview), _course(interview)))


def _dangers(interview: Interview) -> Iterator[Ask]:
    for complaint in interview.complaints:
        for group in complaint.must_ask:
            ask = _open_danger_group(interview, complaint, group)
            if ask is not None:
                yield ask
    yield from _left_over_danger(interview)


def _course(interview: Interview) -> Iterator[Ask]:
    evidence, findings = interview.evidence, interview.knowledge.findings
    branch = evidence.branches[0]
    if evidence.age is None and AGE_QUESTION not in evidence.settled:
        yield partial(ask_age, branch)
    if evidence.sex is None and SEX_QUESTION not in evidence.settled:
        yield partial(ask_sex, branch)
    for complaint in interview.complaints[:1]:
        for name in filter(interview.may_ask, complaint.follow_up):
            if name in ALWAYS_FOLLOWED_UP or interview.follow_up_worth.score(name) > MIN_FOLLOW_UP:
                yield partial(ask_finding, findings[name], branch=complaint.id)


def candidates(interview: Interview) -> Ranking:
    """Every finding that may be asked with its value and, if an urgency hangs on it, what it checks."""
    worth = interview.worth
    checks = urgency_checks(interview)
    scores = worth.scores.copy()
    for name, check in checks.items():
        scores[worth.sheet.places[name]] += check.value
    places = np.flatnonzero(interview.askable)
    # Of equals the first in the alphabet, as they stand in the sheet.
    places = places[np.argsort(-scores[places], kind="stable")]
    return Ranking(
        sheet=worth.sheet,
        places=places,
        best_score=float(scores[places[0]]) if len(places) else 0.0,
        checks=checks,
    )


def build_question(
    question_id: str, evidence: Evidence, knowledge: Knowledge, *, is_asked: bool = False
) -> Question | None:
    """Any question of the session's branches by its id; None for one that does not belong there."""
    branch = evidence.branches[0]
    if question_id == AGE_QUESTION:
        return ask_age(branch)
    if question_id == SEX_QUESTION:
        return ask_sex(branch)
    name = question_id.removeprefix(PREFIX)
    if name == question_id:
        return None
    for complaint_id in evidence.branches:
        complaint = knowledge.complaints.get(complaint_id)
        if complaint is None:
            continue
        for group in (*complaint.must_ask, *complaint.groups):
            if group.id == name:
                findings = _members(group.findings, knowledge)
                still_open = [finding for finding in findings if finding.id not in evidence.values]
                is_red_flag = group in complaint.must_ask
                return ask_group(group, still_open or findings, branch=complaint_id, is_red_flag=is_red_flag)
        if name in knowledge.findings and name in _findings_of(complaint, knowledge):
            is_red_flag = any(name in group.findings for group in complaint.must_ask)
            return ask_finding(knowledge.findings[name], branch=complaint_id, is_red_flag=is_red_flag)
    if is_asked and name in knowledge.findings:
        return ask_finding(knowledge.findings[name], branch=branch)
    return None


def _findings_of(complaint: Complaint, knowledge: Knowledge) -> set[str]:
    names = {*complaint.follow_up, *complaint.implies}
    for group in (*complaint.must_ask, *complaint.groups):
        names.update(group.findings)
    for condition_id in complaint.conditions:
        condition = knowledge.conditions[condition_id]
        names.update(condition.findings, condition.risk)
    return names


def _members(names: Iterable[str], knowledge: Knowledge) -> list[Finding]:
    return [knowledge.findings[name] for name in names]


def _open_danger_group(interview: Interview, complaint: Complaint, group: Group) -> Ask | None:
    evidence = interview.evidence
    if f"{PREFIX}{group.id}" in evidence.settled:
        return None
    findings = [
        finding
        for finding in _members(group.findings, interview.knowledge)
        if finding.id not in evidence.values
        and evidence.facts.get(finding.id) is None
        and f"{PREFIX}{finding.id}" not in evidence.settled
    ]
    if not findings:
        return None
    if len(findings) == 1:
        return partial(ask_finding, findings[0], branch=complaint.id, is_red_flag=True)
    return partial(ask_group, group, findings, branch=complaint.id, is_red_flag=True)


def _left_over_danger(interview: Interview) -> Iterator[Ask]:
    """A danger sign that a free reply to its group did not touch is asked on its own if a rule needs it."""
    verdicts, settled = interview.verdicts, interview.evidence.settled
    for complaint in interview.complaints:
        for group in complaint.must_ask:
            if f"{PREFIX}{group.id}" not in settled:
                continue
            for name in filter(interview.may_ask, group.findings):
                if any(verdicts.undecided_about((name,), interview.level)):
                    finding = interview.knowledge.findings[name]
                    yield partial(ask_finding, finding, branch=complaint.id, is_red_flag=True)


def _most_telling(interview: Interview, asked: int) -> Question | None:
    ranking = candidates(interview)
    finding = next(ranking.findings, None)
    if finding is None:
        return None
    if _is_enough(interview, ranking, asked):
        # Enough for a diagnosis is not enough for a level that one likely answer would raise.
        pressing = {name for name, check in ranking.checks.items() if check.is_pressing}
        if not pressing or asked >= SOFT_CAP:
            return None
        finding = next(finding for finding in ranking.findings if finding.id in pressing)
    check = ranking.checks.get(finding.id)
    why = check.why if check else _separates(finding, interview.worth, interview)
    for complaint in interview.complaints:
        for group in complaint.groups:
            names = [name for name in group.findings if interview.may_ask(name)]
            is_asked = f"{PREFIX}{group.id}" in interview.evidence.settled
            if finding.id in names and len(names) >= 2 and not is_asked:
                together = _members(names, interview.knowledge)
                return ask_group(group, together, branch=complaint.id, why=_pressing(names, ranking) or why)
    return ask_finding(finding, branch=interview.evidence.branches[0], why=why)


def _pressing(names: Iterable[str], ranking: Ranking) -> str:
    """Why the first of the findings must be asked, if any of them must."""
    checks = (ranking.checks.get(name) for name in names)
    return next((check.why for check in checks if check and check.is_pressing), "")


def _is_sure_emergency(interview: Interview) -> bool:
    # Whoever needs an ambulance should call it, not answer questions.
    shares = level_shares(interview.belief.posterior, interview.ranks)
    return interview.level == "emergency" and shares[-1] >= SURE_EMERGENCY


def _is_enough(interview: Interview, ranking: Ranking, asked: int) -> bool:
    worth = interview.worth
    if asked >= SOFT_CAP or ranking.best_score <= 0:
        return True
    if worth.information[ranking.places[:20]].max() < MIN_INFORMATION:
        return True
    shares = level_shares(interview.belief.posterior, interview.ranks)
    top = float(interview.belief.posterior[:-1].max())
    if top >= CERTAIN and shares[-1] < SAFE:
        return True
    is_stable = not worth.changes_level[ranking.places].any()
    return is_stable and (top >= SETTLED_ENOUGH or asked >= LONG_ENOUGH)


def _with_reason(question: Question, interview: Interview) -> Question:
    if question.is_red_flag:
        return replace(question, why=_checked_rule(interview, question.targets))
    if question.why or len(question.targets) != 1:
        return question
    finding = interview.knowledge.findings[question.targets[0]]
    return replace(question, why=_separates(finding, interview.follow_up_worth, interview))


def _checked_rule(interview: Interview, names: Iterable[str]) -> str:
    all_present = {**interview.evidence.facts, **dict.fromkeys(names, True)}
    rules = interview.verdicts.undecided_about(names, "self_care")
    first = next((rule for rule in rules if rule.test.test(all_present)), None)
    return f"Checks the rule: {first.flag.text}" if first else "Rules out danger signs."


def _separates(finding: Finding, worth: Worth, interview: Interview) -> str:
    tables, posterior = interview.belief.tables, interview.belief.posterior
    order = interview.belief.order[:MAX_SEPARATED]
    likely = [place for nth, place in enumerate(order) if nth < 2 or posterior[place] >= WORTH_NAMING]
    node = tables.nodes[tables.nodes_of[finding.id][worth.telling_node(finding.id)]]
    # The outcome that speaks most for one likely cause and least for another.
    spread = tables.logs[node.first_row : node.first_row + len(node.outcomes), likely]
    row = int(np.argmax(spread.max(axis=1) - spread.min(axis=1)))
    ends = (likely[int(np.argmax(spread[row]))], likely[int(np.argmin(spread[row]))])
    one, two = (interview.knowledge.conditions[tables.conditions[place]].name for place in ends)
    return f"Separates {one} from {two}." if one != two else f"Tells how likely {one} is."


def _remaining(interview: Interview, pending: int, asked: int) -> int:
    expected = pending + ceil(max(interview.belief.doubt - 1.0, 0.0) / NATS_PER_QUESTION)
    return max(1, min(expected, max(SOFT_CAP - asked, pending)))
