"""The page of an evaluation."""

from __future__ import annotations

from html.parser import HTMLParser

from sessions_app.triage.evaluation.metrics import Share, figures_of
from sessions_app.triage.evaluation.report_page import page, percent
from tests.sessions_app.triage.evaluation.made import row

NASTY = "<script>alert('x')</script> & <img src=x onerror=alert(1)>"


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(*, title: str = "Evaluation") -> tuple[Reader, str]:
    rows = [
        row("routine", ("urgent",), ("cold", 0.5), codes=("K35",), text=NASTY),
        row("urgent", ("urgent",), ("cold", 0.5), codes=("J00",), text="taken rightly"),
        row("emergency", ("routine",), text="taken too seriously"),
        row("routine", text="nothing known of it"),
    ]
    reader = Reader()
    reader.feed(page(title=title, figures=figures_of(rows), rows=rows))
    return reader, " ".join(" ".join(reader.words).split())


def test_page_is_self_contained_and_escaped() -> None:
    reader, words = read(title=NASTY)
    assert not {"script", "img", "link", "iframe", "b"} & reader.tags
    assert not reader.addresses
    assert NASTY in words
    assert "Because <b>so</b>." in words


def test_page_shows_the_missed_cases_worst_first() -> None:
    _, words = read()
    assert "Missed cases (2)" in words
    assert "taken rightly" not in words
    assert "nothing known of it" not in words
    assert words.index("onerror") < words.index("taken too seriously")
    assert "All cases (4)" in words
    assert "Understood: cough True" in words


def test_page_shows_levels_by_what_was_accepted() -> None:
    _, words = read()
    matrix = words[words.index("accepted \\ given") : words.index("Missed cases")]
    assert matrix == ("accepted \\ given self_care routine urgent emergency routine 0 0 0 1 urgent 0 1 1 0 ")


def test_share_is_told_with_interval_and_counts() -> None:
    assert percent(Share(8, 10)) == "80.0% (49.0-94.3), 8 of 10"
    assert percent(Share(0, 0)) == "no such case"
