"""Figures of an evaluation, counted by hand."""

from __future__ import annotations

import pytest

from sessions_app.triage.case import Level
from sessions_app.triage.evaluation.metrics import (
    Share,
    brier,
    calibration_error,
    confusion,
    figures_of,
    percentile,
)
from tests.sessions_app.triage.evaluation.made import row


# The first two from Newcombe 1998, table I.
@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        (Share(81, 263), 0.2553, 0.3662),
        (Share(15, 148), 0.0624, 0.1605),
        (Share(0, 20), 0.0, 0.1611),
        (Share(20, 20), 0.8389, 1.0),
        (Share(0, 0), 0.0, 1.0),
    ],
)
def test_interval_is_wilsons(share: Share, low: float, high: float) -> None:
    assert share.interval == pytest.approx((low, high), abs=0.0001)


@pytest.mark.parametrize(
    ("given", "gold", "verdict"),
    [
        ("urgent", ("urgent",), "right"),
        ("routine", ("urgent",), "under"),
        ("emergency", ("urgent",), "over"),
        ("routine", ("self_care", "routine"), "right"),
        ("urgent", ("self_care", "routine"), "over"),
        ("self_care", ("urgent", "routine"), "under"),
        ("urgent", ("routine", "emergency"), "under"),
        ("urgent", (), "unjudged"),
    ],
)
def test_level_is_judged_by_the_accepted_ones(given: Level, gold: tuple[Level, ...], verdict: str) -> None:
    assert row(given, gold).verdict == verdict


def test_levels_are_counted() -> None:
    figures = figures_of(
        [
            row("emergency", ("emergency",)),
            row("urgent", ("emergency",)),
            row("urgent", ("urgent", "emergency")),
            row("self_care", ("self_care",)),
            row("routine", ("self_care",)),
            row("routine", ("self_care", "routine")),
            row("self_care", ("urgent", "routine")),
            row("emergency"),
        ]
    )
    assert figures.n == 8
    assert figures.without_level == 1
    assert figures.accuracy == Share(4, 7)
    assert figures.safe == Share(5, 7)
    assert figures.over_triage == Share(1, 7)
    # Where a lower or a higher level is accepted, too, nothing hangs on it.
    assert figures.emergency_recall == Share(1, 2)
    assert figures.self_care_recall == Share(1, 2)
    assert figures.top1 == Share(0, 0)


def test_diagnoses_are_counted() -> None:
    likely = (("cold", 0.5), ("throat_infection", 0.2), ("miscarriage", 0.1), ("heart_attack", 0.1))
    figures = figures_of(
        [
            row("routine", (), *likely, codes=("J00",)),
            row("routine", (), *likely, codes=("J03.0", "J02")),
            # An alternate code of the condition counts as the one shown.
            row("routine", (), *likely, codes=("I20",)),
            row("routine", (), *likely, codes=("K35",)),
            row("routine", (), *likely),
        ]
    )
    assert [figures.top1, figures.top3, figures.top5] == [Share(1, 4), Share(2, 4), Share(3, 4)]
    assert figures.brier == pytest.approx((0.25 + 3 * 0.25) / 4)
    assert figures.calibration_error == pytest.approx(0.25)


def test_questions_and_times_are_summed_up() -> None:
    rows = [
        row("routine", questions=3, seconds=(0.001,) * 10),
        row("routine", questions=8, seconds=(0.002,) * 9 + (0.5,)),
    ]
    figures = figures_of(rows)
    assert figures.questions_mean == 5.5
    # Of twenty answers the nineteenth slowest.
    assert figures.p95_ms == 2.0
    assert rows[1].milliseconds == 500.0


def test_figures_are_told_as_json() -> None:
    told = figures_of([row("urgent", ("urgent",), ("cold", 0.9), codes=("J00",))]).as_json()
    assert told == {
        "n": 1,
        "accuracy": 1.0,
        "safe": 1.0,
        "emergency_recall": None,
        "self_care_recall": None,
        "over_triage": 0.0,
        "top1": 1.0,
        "top3": 1.0,
        "top5": 1.0,
        "questions_mean": 4.0,
        "p95_ms": 1.0,
    }


def test_calibration_is_measured_in_ten_bins() -> None:
    stated = [(0.95, True), (0.95, True), (0.85, False), (0.05, False)]
    assert brier(stated) == pytest.approx((0.0025 * 2 + 0.7225 + 0.0025) / 4)
    assert calibration_error(stated) == pytest.approx((0.1 + 0.85 + 0.05) / 4)
    assert calibration_error([(1.0, True)]) == 0.0
    assert brier([]) == calibration_error([]) == 0.0


def test_percentile_of_nothing_is_nothing() -> None:
    assert percentile([], 0.95) == 0.0
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0


def test_confusions_are_counted_by_what_was_accepted() -> None:
    rows = [row("urgent", ("routine", "self_care")), row("urgent", ("self_care", "routine")), row("urgent")]
    assert confusion(rows) == {("self_care, routine", "urgent"): 2}
