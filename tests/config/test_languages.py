from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from config.translations import extract, problems, read, update, write
from tests.conftest import Api, Cast


@pytest.mark.parametrize(
    ("wanted", "language", "words"),
    [
        ("cs-CZ,cs;q=0.9,en;q=0.5", "cs", "Vaše první volání"),
        ("en-GB", "en", "Your first call"),
        ("fi", "en", "Your first call"),
    ],
)
def test_front_page_speaks_the_language_of_the_browser(
    client: Client, wanted: str, language: str, words: str
) -> None:
    page = client.get("/", headers={"Accept-Language": wanted})
    assert page.headers["Content-Language"] == language
    assert "Accept-Language" in page.headers["Vary"]
    assert not page.cookies
    assert f'<html lang="{language}">' in page.text
    assert words in page.text


def test_page_that_is_not_there_says_so_in_czech(client: Client) -> None:
    page = client.get("/nowhere", headers={"Accept-Language": "cs"})
    assert (page.status_code, "Stránka nenalezena" in page.text) == (404, True)


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/sessions"), ("GET", "/v1/nowhere"), ("PUT", "/")])
def test_api_answers_in_english_whatever_the_browser_wants(alder: Cast, method: str, path: str) -> None:
    def answer(language: str) -> tuple[object, str | None]:
        reply = alder.api.request(method, path, {}, Accept_Language=language, X_Request_ID="same")
        return reply.json(), reply.headers.get("Vary")

    assert answer("cs") == answer("en")


def test_a_czech_page_leaves_the_next_call_in_english(stranger: Api, alder: Cast) -> None:
    stranger.get("/", Accept_Language="cs")
    refused = alder.api.post("/v1/sessions", {})
    assert refused.json()["error"]["detail"]["field_errors"][0]["message"] == "This field is required."


def test_translations_are_complete() -> None:
    call_command("translations", "--check")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A page of its own and the Czech file for it, with nothing missing."""
    page = tmp_path / "templates" / "page.html"
    page.parent.mkdir()
    page.write_text(
        '{% load i18n %}\n  <p>{% translate "Hi" %} it\'s\n{% blocktranslate count n=2 %}'
        "one{% plural %}{{ n }}{% endblocktranslate %}\n"
        '   {{ x|default:_("none") }}{% translate "May" context "month" %} # "'
    )
    return tmp_path


CZECH: Mapping[object, object] = {
    "Hi": "Ahoj",
    ("one", "%(n)s"): ("jeden", "%(n)s", "%(n)s"),
    "none": "nic",
    "May": "květen",
}


@pytest.fixture
def czech(project: Path) -> Path:
    file = project / "cs" / "LC_MESSAGES" / "django.po"
    update(file, extract(project))
    fill(file, CZECH)
    return file


def fill(file: Path, texts: Mapping[object, object]) -> None:
    catalogue = read(file)
    for message in catalogue:
        if message.id:
            message.string = texts.get(message.id, message.string)  # type: ignore[assignment]
    write(file, catalogue)


def test_texts_of_templates_and_code_are_found(project: Path) -> None:
    (project / "billing").mkdir()
    (project / "billing" / "x.py").write_text('x = pgettext_lazy("bill", "Sum")\n_("Pay")\n')
    found = {(message.id, message.context) for message in extract(project) if message.id}
    wanted = {("Hi", None), (("one", "%(n)s"), None), ("none", None), ("May", "month")}
    assert found == wanted | {("Sum", "bill"), ("Pay", None)}


def test_update_keeps_what_is_translated(project: Path, czech: Path) -> None:
    before = czech.read_text()
    assert problems(czech, extract(project)) == []
    update(czech, extract(project))
    assert czech.read_text() == before


def test_update_forgets_texts_that_are_gone(project: Path, czech: Path) -> None:
    page = project / "templates" / "page.html"
    page.write_text('{% load i18n %}{% translate "Hi" %}')
    gone = problems(czech, extract(project))
    assert [problem.partition(":")[0] for problem in gone] == ["no longer used"] * 3
    update(czech, extract(project))
    assert problems(czech, extract(project)) == []
    assert "May" not in czech.read_text()


def test_new_text_is_missing_until_it_is_translated(project: Path, czech: Path) -> None:
    (project / "templates" / "new.txt").write_text('{% load i18n %}{% translate "Goodbye" %}')
    assert problems(czech, extract(project)) == ["missing: Goodbye"]
    update(czech, extract(project))
    assert problems(czech, extract(project)) == ["not translated: Goodbye"]
    fill(czech, {"Goodbye": "Na shledanou"})
    assert problems(czech, extract(project)) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (("jeden", "%(n)s", ""), "not translated"),
        (("jeden", "%(n)s", "%(m)s"), "unknown named placeholder"),
    ],
)
def test_broken_translation_is_a_problem(
    project: Path, czech: Path, text: tuple[str, ...], problem: str
) -> None:
    fill(czech, {("one", "%(n)s"): text})
    (found,) = problems(czech, extract(project))
    assert problem in found


def test_guessed_translation_is_a_problem(project: Path, czech: Path) -> None:
    catalogue = read(czech)
    catalogue["Hi"].flags.add("fuzzy")
    write(czech, catalogue)
    assert problems(czech, extract(project)) == ["fuzzy: Hi"]


def test_command_fails_on_problems_and_compiles(czech: Path, settings: Any) -> None:
    settings.LOCALE_PATHS = [czech.parent.parent.parent]
    with pytest.raises(CommandError):
        call_command("translations", "--check", stderr=StringIO())
    call_command("translations", "--compile")
    assert b"Ahoj" in czech.with_suffix(".mo").read_bytes()
