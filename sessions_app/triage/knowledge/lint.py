"""Checks the knowledge folder: `python -m sessions_app.triage.knowledge.lint [folder]`.

Errors end with exit code 1; warnings are hints to the authors.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from sessions_app.triage.case import Value
from sessions_app.triage.expressions import NUMERIC, SEXES, Expression
from sessions_app.triage.knowledge.lint_medicine import check_conditions, check_dominance, check_findings
from sessions_app.triage.knowledge.lint_report import Report, Say, check_source, compiled, sayer
from sessions_app.triage.knowledge.loader import HERE, Bundle, Knowledge, index, read_folder
from sessions_app.triage.knowledge.schema import Complaint, RedFlag

MIN_MUST_ASKS, MIN_CANDIDATES = 4, 12


def lint(folder: Path = HERE) -> Report:
    """Check every file of the folder; nothing is raised, everything is reported."""
    reading = read_folder(folder)
    report = Report(origins=reading.origins)
    report.errors.extend(str(problem) for problem in reading.problems)
    knowledge = index(reading.bundle, version="")
    for kind in Bundle.model_fields:
        if not getattr(reading.bundle, kind):
            report.errors.append(f"{kind}: no file yet")
    for check in (check_findings, check_conditions, check_dominance, _check_complaints, _check_red_flags):
        check(knowledge, report)
    return report


def _check_complaints(knowledge: Knowledge, report: Report) -> None:
    question_ids: dict[str, str] = {}
    for complaint in knowledge.complaints.values():
        say = sayer(report.error, "complaints", complaint.id)
        must_asks = {finding_id for group in complaint.must_ask for finding_id in group.findings}
        if len(must_asks) < MIN_MUST_ASKS:
            say(f"{len(must_asks)} must-asks, at least {MIN_MUST_ASKS} are needed")
        if len(complaint.conditions) < MIN_CANDIDATES:
            say(f"{len(complaint.conditions)} candidate conditions, at least {MIN_CANDIDATES} are needed")
        for condition_id in complaint.conditions:
            if condition_id not in knowledge.conditions:
                say(f"unknown condition {condition_id}")
        for finding_id in (*complaint.follow_up, *complaint.implies):
            if finding_id not in knowledge.findings:
                say(f"unknown finding {finding_id}")
        for group in (*complaint.must_ask, *complaint.groups):
            owner = question_ids.setdefault(group.id, complaint.id)
            if owner != complaint.id:
                say(f"group {group.id} is already in {owner}")
            if group.id in knowledge.findings:
                say(f"group {group.id} has the name of a finding")
            for finding_id in group.findings:
                if finding_id not in knowledge.findings:
                    say(f"group {group.id}: unknown finding {finding_id}")
                elif knowledge.findings[finding_id].type != "binary":
                    say(f"group {group.id}: {finding_id} is not a yes/no finding")
        if complaint.text == complaint.text_cs:
            report.warning("complaints", complaint.id, "Czech text equals the English one")


def _check_red_flags(knowledge: Knowledge, report: Report) -> None:
    for flag in knowledge.red_flags.values():
        say = sayer(report.error, "red_flags", flag.id)
        check_source(flag.source, knowledge, say)
        if flag.id in knowledge.findings:
            say("has the name of a finding")
        if flag.text == flag.text_cs:
            report.warning("red_flags", flag.id, "Czech text equals the English one")
        rule = compiled(flag.when, knowledge, say)
        if rule is None:
            continue
        fires = _example(flag.fires, "fires", knowledge, say)
        if rule(fires) is not True:
            say("the example in `fires` does not fire")
        if rule(_example(flag.quiet, "quiet", knowledge, say)) is True:
            say("the example in `quiet` fires")
        if not _is_reachable(rule, flag, fires, knowledge):
            report.warning("red_flags", flag.id, "no complaint asks what its `fires` example needs")


def _is_reachable(rule: Expression, flag: RedFlag, fires: Mapping[str, Value], knowledge: Knowledge) -> bool:
    for complaint in knowledge.complaints.values():
        asked = _asked(complaint, knowledge) | {"age", "sex"}
        if rule({name: value for name, value in fires.items() if name in asked}) is True:
            return True
    return False


def _asked(complaint: Complaint, knowledge: Knowledge) -> set[str]:
    names = {*complaint.follow_up, *complaint.implies}
    for group in (*complaint.must_ask, *complaint.groups):
        names.update(group.findings)
    for condition_id in complaint.conditions:
        condition = knowledge.conditions.get(condition_id)
        if condition is not None:
            names.update(condition.findings, condition.risk)
    return names


def _example(given: Mapping[str, object], label: str, knowledge: Knowledge, say: Say) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, raw in given.items():
        value = tuple(str(part) for part in raw) if isinstance(raw, list | tuple) else raw
        message = _value_error(name, value, knowledge)
        if message:
            say(f"{label}: {message}")
        else:
            values[name] = cast(Value, value)
    return values


def _value_error(name: str, value: object, knowledge: Knowledge) -> str:
    if value is None:
        return ""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if name == "age":
        return "" if is_number else "age is a number"
    if name == "sex":
        return "" if value in SEXES else f"sex is one of {', '.join(SEXES)}"
    finding = knowledge.findings.get(name)
    if finding is None:
        return f"unknown finding {name}"
    options = {option.id for option in finding.values}
    if finding.type == "binary":
        return "" if isinstance(value, bool) else f"{name} is true or false"
    if finding.type in NUMERIC:
        return "" if is_number else f"{name} is a number"
    if finding.type == "categorical":
        return "" if value in options else f"{name} has no value {value}"
    if not isinstance(value, tuple):
        return f"{name} is a list of values"
    return "" if options.issuperset(value) else f"{name} has no value {sorted(set(value) - options)}"


def main(arguments: list[str]) -> int:
    """Write what is wrong to standard output; 1 when there is an error."""
    report = lint(Path(arguments[0]) if arguments else HERE)
    lines = [f"warning  {line}" for line in report.warnings]
    lines.extend(f"error    {line}" for line in report.errors)
    lines.append(f"{len(report.errors)} errors, {len(report.warnings)} warnings")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if report.errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
