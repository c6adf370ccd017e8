"""An evaluation as one HTML page that needs no script, font or connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from sessions_app.triage.evaluation.metrics import Figures, Row, Share, accepted, confusion
from sessions_app.triage.red_flags import LEVELS, rank

NAMED_DIAGNOSES = 5
SHARE_NAMES = {
    "accuracy": "Level among the accepted",
    "safe": "Safe: level at or above the lowest accepted",
    "emergency_recall": "Emergencies recognised",
    "self_care_recall": "Self-care recognised",
    "over_triage": "Over-triage: above the highest accepted",
    "top1": "Right diagnosis first",
    "top3": "Right diagnosis among the first 3",
    "top5": "Right diagnosis among the first 5",
}
_STYLE = """
:root { color-scheme: light dark; --line: #8886; --miss: light-dark(#b3261e, #ff8a80);
  --high: light-dark(#8a5a00, #ffcf70); --right: light-dark(#1b6e3c, #7fd8a0); }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .7rem; text-align: left; vertical-align: top; }
td.figure { text-align: right; font-variant-numeric: tabular-nums; }
.under { color: var(--miss); } .over { color: var(--high); } .right { color: var(--right); }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; margin: 1rem 0; }
blockquote { margin: .5rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
"""


def page(*, title: str, figures: Figures, rows: Sequence[Row]) -> str:
    """The whole page; every word of a case is escaped."""
    missed = [row for row in rows if _is_missed(row)]
    missed.sort(key=lambda row: (row.verdict != "under", row.verdict != "over"))
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            _figures(figures),
            f"<h2>Levels</h2>{_matrix(rows)}",
            f"<h2>Missed cases ({len(missed)})</h2>",
            *(_article(row) for row in missed),
            f"<h2>All cases ({len(rows)})</h2>{_list(rows)}",
            "</body></html>\n",
        )
    )


def percent(share: Share) -> str:
    """Share, interval and counts in words: "80.0 % (49.0-94.3), 8 of 10"."""
    if share.value is None:
        return "no such case"
    low, high = share.interval
    return f"{share.value:.1%} ({100 * low:.1f}-{100 * high:.1f}), {share.hits} of {share.total}"


def diagnosis_place(row: Row) -> str:
    """Rank of the right diagnosis; "-" when it is not listed, nothing when none is known."""
    return "" if not row.run.vignette.gold_icd10 else str(row.place or "-")


def _is_missed(row: Row) -> bool:
    is_unlisted = bool(row.run.vignette.gold_icd10) and (row.place is None or row.place > NAMED_DIAGNOSES)
    return row.verdict in ("under", "over") or is_unlisted


def _figures(figures: Figures) -> str:
    lines = [(label, percent(getattr(figures, name))) for name, label in SHARE_NAMES.items()]
    lines += [
        ("Cases", str(figures.n)),
        ("of them without a gold level", str(figures.without_level)),
        ("Questions, mean", f"{figures.questions_mean:.1f}"),
        ("Time for an answer, 95th percentile", f"{figures.p95_ms:.1f} ms"),
        ("Brier score of the first diagnosis", _plain(figures.brier)),
        ("Expected calibration error", _plain(figures.calibration_error)),
    ]
    body = "".join(f"<tr><th scope=row>{escape(label)}</th><td>{text}</td></tr>" for label, text in lines)
    return f"<table>{body}</table><p>In brackets: 95 % Wilson intervals.</p>"


def _plain(figure: float | None) -> str:
    return "no such case" if figure is None else f"{figure:.3f}"


def _matrix(rows: Iterable[Row]) -> str:
    cells = confusion(rows)
    wanted = sorted(
        {levels for levels, _ in cells},
        key=lambda levels: [rank(level) for level in LEVELS if level in levels.split(", ")],
    )
    head = "".join(f"<th scope=col>{level}</th>" for level in LEVELS)
    body = "".join(
        f"<tr><th scope=row>{levels}</th>"
        + "".join(f"<td class=figure>{cells.get((levels, level), 0)}</td>" for level in LEVELS)
        + "</tr>"
        for levels in wanted
    )
    return f"<table><tr><th scope=col>accepted \\ given</th>{head}</tr>{body}</table>"


def _article(row: Row) -> str:
    vignette, outcome = row.run.vignette, row.run.outcome
    age = "age unknown" if vignette.age is None else f"{vignette.age:g} years"
    flags = ", ".join(flag.flag for flag in outcome.red_flags) or "none"
    return (
        f"<article><h3>{escape(vignette.id)}: <span class={row.verdict}>{row.verdict}</span></h3>"
        f"<p>{age}, {vignette.sex or 'sex unknown'}; accepted: {accepted(row) or 'not known'},"
        f" given: <strong>{outcome.level}</strong></p>"
        f"<blockquote>{escape(vignette.text)}</blockquote>"
        f"<p>{escape(outcome.reason)} Red flags: {escape(flags)}."
        f" Branches: {escape(', '.join(outcome.branches))}.</p>"
        f"<p>Wanted: {escape(', '.join(vignette.gold_icd10) or 'not known')}; found: {_diagnoses(row)}</p>"
        f"<p>Understood: {escape(_understood(row))}</p></article>"
    )


def _diagnoses(row: Row) -> str:
    listed = row.run.outcome.differentials[:NAMED_DIAGNOSES]
    return escape(", ".join(f"{one.diagnosis} ({one.icd10}) {one.probability:.0%}" for one in listed))


def _understood(row: Row) -> str:
    values = row.run.outcome.values.items()
    return "; ".join(f"{name} {value}" for name, value in values if value not in (None, False)) or "nothing"


def _list(rows: Iterable[Row]) -> str:
    head = "<tr><th>id<th>accepted<th>given<th>verdict<th>diagnosis<th>questions<th>slowest, ms</tr>"
    body = "".join(
        f"<tr><td>{escape(row.run.vignette.id)}<td>{accepted(row)}<td>{row.run.outcome.level}"
        f"<td class={row.verdict}>{row.verdict}<td class=figure>{diagnosis_place(row)}"
        f"<td class=figure>{row.questions}<td class=figure>{row.milliseconds:.1f}</tr>"
        for row in rows
    )
    return f"<div class=wide><table>{head}{body}</table></div>"
