"""The figures as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.contest import Figures, Results, ratio

HEADERS = (
    "connections",
    "side",
    "answers/s",
    "p50 ms",
    "p99 ms",
    "CPU µs an answer",
    "PostgreSQL and Valkey µs",
)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """First two columns to the left, figures to the right."""
    marks = ["---" if place < 2 else "---:" for place in range(len(headers))]
    lines = [headers, marks, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figures_table(results: Results) -> str:
    rows = [
        [str(connections), name, *_row(figures)]
        for connections, by_name in results.items()
        for name, figures in by_name.items()
    ]
    return table(HEADERS, rows)


def _row(figures: Figures) -> list[str]:
    return [
        f"{figures.rate:.0f}",
        f"{figures.milliseconds(50):.1f}",
        f"{figures.milliseconds(99):.1f}",
        f"{figures.processor_us:.0f}",
        f"{figures.server_us:.0f}",
    ]


def ratios(results: Results) -> dict[str, dict[int, float]]:
    """What the goals are about: above one is to our credit in each."""
    found: dict[str, dict[int, float]] = {}
    for connections, figures in results.items():
        for peer in (name for name in figures if name != "ours"):
            told = {
                f"answers/s ours ÷ {peer}": ratio(figures, "ours", peer),
                f"p50 {peer} ÷ ours": figures[peer].milliseconds(50) / figures["ours"].milliseconds(50),
                f"CPU {peer} ÷ ours": figures[peer].processor_us / figures["ours"].processor_us,
            }
            for name, value in told.items():
                found.setdefault(name, {})[connections] = value
    return found


def ratios_table(found: dict[str, dict[int, float]]) -> str:
    connections = list(next(iter(found.values())))
    rows = [
        [name, "", *(f"{by_connections[number]:.2f}" for number in connections)]
        for name, by_connections in found.items()
    ]
    return table(["ratio", "", *(f"{number} conn." for number in connections)], rows)
