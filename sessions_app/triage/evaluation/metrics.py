"""The figures of an evaluation: shares with Wilson intervals, calibration, times."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sessions_app.triage.case import Differential
from sessions_app.triage.evaluation.running import Run
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.red_flags import LEVELS, rank

Verdict = Literal["right", "under", "over", "unjudged"]
Confidence = tuple[float, bool]

ECE_BINS = 10
_Z = 1.959964
_EMERGENCY, _SELF_CARE = rank("emergency"), rank("self_care")


@dataclass(frozen=True, slots=True)
class Share:
    hits: int
    total: int

    @property
    def value(self) -> float | None:
        """The share, None of nothing."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson score interval at 95 % (Wilson 1927); all of 0-1 when there is nothing to go by."""
        if not self.total:
            return 0.0, 1.0
        share, squared = self.hits / self.total, _Z * _Z / self.total
        middle = (share + squared / 2) / (1 + squared)
        reach = _Z * math.sqrt(share * (1 - share) / self.total + squared / (4 * self.total)) / (1 + squared)
        return max(0.0, middle - reach), min(1.0, middle + reach)


@dataclass(frozen=True, slots=True)
class Row:
    """One case as it came out; `place` is the rank of the first right diagnosis, from 1."""

    run: Run
    verdict: Verdict
    place: int | None

    @property
    def questions(self) -> int:
        return self.run.outcome.questions_asked

    @property
    def milliseconds(self) -> float:
        """The slowest answer of this case."""
        return 1000 * max(self.run.seconds)


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one evaluation; those of levels only over cases with a gold level, and so on."""

    n: int
    without_level: int
    accuracy: Share
    safe: Share
    emergency_recall: Share
    self_care_recall: Share
    over_triage: Share
    top1: Share
    top3: Share
    top5: Share
    questions_mean: float
    p95_ms: float
    brier: float | None
    calibration_error: float | None

    def as_json(self) -> dict[str, float | int | None]:
        """The figures by name; null where no case has the truth for one."""
        shares = {name: getattr(self, name).value for name in SHARES}
        figures = {"n": self.n, **shares, "questions_mean": self.questions_mean, "p95_ms": self.p95_ms}
        return {name: None if figure is None else round(figure, 4) for name, figure in figures.items()}


SHARES = ("accuracy", "safe", "emergency_recall", "self_care_recall", "over_triage", "top1", "top3", "top5")


def judge(run: Run, knowledge: Knowledge) -> Row:
    """Compare a run with what is known to be right.

    A diagnosis is right when any of its condition's codes, the one shown or an
    alternate of the knowledge, lies in one of the case's ICD-10 categories.
    """
    return Row(run, _verdict(run), _place(run, knowledge))


def _verdict(run: Run) -> Verdict:
    if not run.vignette.gold_level:
        return "unjudged"
    if run.outcome.level in run.vignette.gold_level:
        return "right"
    # Between two accepted levels that leave one out, the higher one is missed.
    return "over" if rank(run.outcome.level) > run.vignette.highest else "under"


def _place(run: Run, knowledge: Knowledge) -> int | None:
    wanted = set(run.vignette.gold_icd10)
    places = enumerate(run.outcome.differentials, start=1)
    return next((place for place, one in places if _categories(one, knowledge) & wanted), None)


def _categories(differential: Differential, knowledge: Knowledge) -> set[str]:
    alternates = knowledge.conditions[differential.condition].icd10
    return {code[:3] for code in (differential.icd10, *alternates)}


def figures_of(rows: Sequence[Row]) -> Figures:
    """Sum the rows up."""
    judged = [row for row in rows if row.verdict != "unjudged"]
    safe = [rank(row.run.outcome.level) >= row.run.vignette.lowest for row in judged]
    named = [row for row in rows if row.run.vignette.gold_icd10]
    confidence = [(_first_chance(row), row.place == 1) for row in named]
    return Figures(
        n=len(rows),
        without_level=len(rows) - len(judged),
        accuracy=_share(row.verdict == "right" for row in judged),
        safe=_share(safe),
        # Where a lower level is accepted too, missing the emergency is no miss.
        emergency_recall=_share(
            row.verdict == "right" for row in judged if row.run.vignette.lowest == _EMERGENCY
        ),
        self_care_recall=_share(
            row.verdict == "right" for row in judged if row.run.vignette.highest == _SELF_CARE
        ),
        over_triage=_share(row.verdict == "over" for row in judged),
        top1=_within(named, 1),
        top3=_within(named, 3),
        top5=_within(named, 5),
        questions_mean=sum(row.questions for row in rows) / max(len(rows), 1),
        p95_ms=1000 * percentile([one for row in rows for one in row.run.seconds], 0.95),
        brier=brier(confidence) if confidence else None,
        calibration_error=calibration_error(confidence) if confidence else None,
    )


def _first_chance(row: Row) -> float:
    likely = row.run.outcome.differentials
    return likely[0].probability if likely else 0.0


def _share(flags: Iterable[bool]) -> Share:
    listed = list(flags)
    return Share(sum(listed), len(listed))


def _within(rows: Sequence[Row], limit: int) -> Share:
    return _share(row.place is not None and row.place <= limit for row in rows)


def percentile(figures: Iterable[float], share: float) -> float:
    """The smallest figure that so large a share does not exceed; 0 of none."""
    ordered = sorted(figures)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else 0.0


def brier(confidence: Sequence[Confidence]) -> float:
    """Mean squared gap between the stated chance and what came true."""
    return sum((stated - is_right) ** 2 for stated, is_right in confidence) / max(len(confidence), 1)


def calibration_error(confidence: Sequence[Confidence]) -> float:
    """Expected calibration error: gaps between mean chance and hit rate in ten bins, weighted by size."""
    bins: dict[int, list[Confidence]] = {}
    for stated, is_right in confidence:
        bins.setdefault(min(int(stated * ECE_BINS), ECE_BINS - 1), []).append((stated, is_right))
    gaps = (abs(sum(stated - is_right for stated, is_right in inside)) for inside in bins.values())
    return sum(gaps) / max(len(confidence), 1)


def confusion(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    """Cases by accepted levels and level given, e.g. ("self_care, routine", "urgent")."""
    counted: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.verdict != "unjudged":
            cell = accepted(row), row.run.outcome.level
            counted[cell] = counted.get(cell, 0) + 1
    return counted


def accepted(row: Row) -> str:
    """The accepted levels in order of urgency, as one text."""
    return ", ".join(level for level in LEVELS if level in row.run.vignette.gold_level)
