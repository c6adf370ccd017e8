from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sessions_app.sessions.intake import read_opening
from sessions_app.triage.case import Case
from sessions_app.triage.engine import knowledge
from sessions_app.triage.evaluation.cases import BadCases, Vignette, read_cases
from sessions_app.triage.evaluation.metrics import Figures, Row, accepted, figures_of, judge
from sessions_app.triage.evaluation.report_page import SHARE_NAMES, diagnosis_place, page, percent
from sessions_app.triage.evaluation.running import consult


class Command(BaseCommand):
    help = (
        "Lead cases from a JSONL file through the interview, without the database, and compare the levels and"
        " diagnoses with what is known to be right. A case: {id, text, age, sex, chief_complaint?, answers?"
        " {finding: value}, gold_level? (a level or the accepted ones), gold_icd10? (categories)}. What the"
        ' text does not mention is answered "no", a measurement or examination "not known"; with --mode'
        " interview the answers of the case are given where they are asked for."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--mode", choices=("text", "interview"), default="text")
        parser.add_argument("--report", type=Path, metavar="DIR", help="write DIR/report.html")
        parser.add_argument("--json", action="store_true", help="print the figures as the last line")

    def handle(
        self, *args: Any, file: Path, mode: str, report: Path | None, json: bool, **options: Any
    ) -> None:
        vignettes = self._read(file)
        rows = []
        for vignette in vignettes:
            rows.append(_evaluated(vignette, is_interview=mode == "interview"))
            self.stdout.write(_line(rows[-1]))
        figures = figures_of(rows)
        self.stdout.write("\n".join(_summary(figures)))
        if report is not None:
            report.mkdir(parents=True, exist_ok=True)
            title = f"Triage evaluation of {file.name}, {mode} mode, knowledge {knowledge().version}"
            (report / "report.html").write_text(page(title=title, figures=figures, rows=rows))
        if json:
            self.stdout.write(orjson.dumps(figures.as_json()).decode())

    def _read(self, file: Path) -> tuple[Vignette, ...]:
        try:
            reading = read_cases(file.read_text(encoding="utf-8").splitlines(), knowledge())
        except (OSError, UnicodeDecodeError) as problem:
            raise CommandError(f"{file} cannot be read: {problem}") from problem
        except BadCases as bad:
            for line in bad.problems:
                self.stderr.write(line)
            raise CommandError(f"{file}: nothing was evaluated, {len(bad.problems)} problems.") from bad
        if reading.ignored:
            self.stderr.write(f"Fields that mean nothing here: {', '.join(reading.ignored)}")
        return reading.vignettes


def _evaluated(vignette: Vignette, *, is_interview: bool) -> Row:
    run = consult(
        vignette,
        knowledge=knowledge(),
        begin=_begin,
        clock=time.perf_counter,
        told=vignette.answers if is_interview else {},
    )
    return judge(run, knowledge())


def _begin(vignette: Vignette) -> Case:
    """The case as a session starts it; without a complaint the text is taken for one."""
    complaint = vignette.chief_complaint or vignette.text
    free_text = vignette.text if vignette.chief_complaint else None
    opening = read_opening(chief_complaint=complaint, free_text=free_text)
    return Case(
        complaint=opening.routed.complaint,
        age=None if vignette.age is None else int(vignette.age),
        sex=vignette.sex,
        entries=tuple(said.entry("intake") for said in opening.heard),
    )


def _line(row: Row) -> str:
    run = row.run
    wanted = accepted(row) or "-"
    return (
        f"{run.vignette.id:24} {wanted:20} {run.outcome.level:10} {row.verdict:9}"
        f" {diagnosis_place(row):>3} {row.questions:3} questions {row.milliseconds:6.1f} ms"
    )


def _summary(figures: Figures) -> list[str]:
    lines = [f"{figures.n} cases, {figures.without_level} of them without a gold level"]
    lines += [f"{label:48} {percent(getattr(figures, name))}" for name, label in SHARE_NAMES.items()]
    lines.append(f"{'Questions, mean':48} {figures.questions_mean:.1f}")
    lines.append(f"{'Time for an answer, 95th percentile':48} {figures.p95_ms:.1f} ms")
    if figures.brier is not None and figures.calibration_error is not None:
        lines.append(f"Brier {figures.brier:.3f}, ECE {figures.calibration_error:.3f}")
    return lines
