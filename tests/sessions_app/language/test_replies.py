"""Replies and whom a text is about."""

from __future__ import annotations

import pytest

from sessions_app.language.people import continues_about_other, speaks_for_other
from sessions_app.language.replies import read_reply
from sessions_app.language.tokens import tokenise


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", "yes"),
        ("Yep!", "yes"),
        ("yes, a bit", "yes"),
        ("yes left arm", "yes"),
        ("ano", "yes"),
        ("jo jo", "yes"),
        ("asi ano", "yes"),
        ("I do", "yes"),
        ("sometimes", "yes"),
        ("občas", "yes"),
        ("well, yes", "yes"),
        ("no", "no"),
        ("nope", "no"),
        ("not really", "no"),
        ("no, not at all", "no"),
        ("no but I cough", "no"),
        ("none of these", "no"),
        ("ne", "no"),
        ("asi ne", "no"),
        ("vůbec ne", "no"),
        ("nemám", "no"),
        ("nic z toho", "no"),
        ("not that I know of", "no"),
        ("maybe", "unsure"),
        ("I don't know", "unsure"),
        ("nevím", "unsure"),
        ("not sure", "unsure"),
        ("možná", "unsure"),
        ("neměřila jsem", "unsure"),
        ("no idea", "unsure"),
        ("no fever", None),
        ("I have a cough", None),
        ("mám horečku", None),
        ("right arm", None),
        ("je mi špatně", None),
        ("3 days", None),
        ("", None),
        ("...", None),
        ("👍", "yes"),
    ],
)
def test_reply_is_read(text: str, answer: str | None) -> None:
    reply = read_reply(tokenise(text))
    assert (reply.answer if reply else None) == answer


def test_half_hearted_reply_is_less_certain() -> None:
    sure, weak = read_reply(tokenise("no")), read_reply(tokenise("not really"))
    assert sure is not None
    assert weak is not None
    assert weak.confidence < sure.confidence


@pytest.mark.parametrize(
    ("text", "is_for_other"),
    [
        ("my son has a fever", True),
        ("my 5 year old son has a fever", True),
        ("syn má horečku", True),
        ("our baby won't feed", True),
        ("my husband is having chest pain", True),
        ("my mother can't breathe, I am worried", True),
        ("my mother had a heart attack", False),
        ("my brother says it is nothing", False),
        ("moje matka měla infarkt", False),
        ("my son has a fever and I have a cough", False),
        ("manželka má chřipku a já kašlu", False),
        ("my mother is ill, im coughing", False),
        ("my mother is ill and my throat hurts", False),
        ("I have a fever", False),
        ("my head hurts", False),
        ("", False),
    ],
)
def test_speaking_for_somebody_is_told_from_speaking_of_somebody(text: str, is_for_other: bool) -> None:
    assert speaks_for_other(tokenise(text)) is is_for_other


def test_within_an_interview_only_a_child_is_spoken_for() -> None:
    assert speaks_for_other(tokenise("my son has a fever"), children_only=True)
    assert not speaks_for_other(tokenise("my mother is having chest pain"), children_only=True)


def test_pronoun_goes_on_about_the_relative() -> None:
    tokens = tokenise("My mother is ill. She has a fever. I cough.")
    assert [continues_about_other(tokens, sentence) for sentence in (0, 1, 2)] == [False, True, False]
