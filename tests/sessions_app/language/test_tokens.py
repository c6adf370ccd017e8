"""Tokens and folding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.language.tokens import Language, fold, guess_language, tokenise, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sore THROAT", ("sore", "throat")),
        ("I don't", ("i", "dont")),
        ("I don’t", ("i", "dont")),
        ("my mother's knee", ("my", "mother", "knee")),
        ("Bolí mě žaludek", ("boli", "me", "zaludek")),
        ("boli\u0301 me\u030c", ("boli", "me")),
        ("38,5 C", ("38,5", "c")),
        ("30min", ("30", "min")),
        ("knife-like", ("knife", "like")),
        ("", ()),
    ],
)
def test_words_are_folded(text: str, expected: object) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Fever. Cough", 2),
        ("fever, cough", 1),
        ("temperature 38.5 today", 1),
        ("I saw Dr. Novak", 1),
        ("cca. 3 dny", 1),
        ("fever\ncough", 2),
        ("fever; cough? no", 3),
        ("ve 30. týdnu krvácím", 1),
        ("3. den horečka", 1),
        ("od 5. 3. 2024 kašel", 1),
        ("DIABETES 2. TYPU", 1),
        ("my temperature is 39. No cough", 2),
        ("it was 39. 2 days ago it began", 2),
        ("bylo mi 120. den poté", 2),
    ],
)
def test_sentences_are_counted(text: str, sentences: int) -> None:
    assert len({token.sentence for token in tokenise(text)}) == sentences


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I have a pain in my chest", "en"),
        ("bolí mě na hrudi", "cs"),
        ("nemam horecku a kaslu uz tri dny", "cs"),
        ("no", None),
        ("migraine", None),
    ],
)
def test_language_is_guessed_only_when_clear(text: str, language: Language | None) -> None:
    assert guess_language(text, tokenise(text)) == language


@given(st.text(max_size=400))
def test_tokens_lie_in_the_text_in_order(text: str) -> None:
    end = 0
    for token in tokenise(text):
        assert end <= token.start < token.end <= len(text)
        end = token.end


@given(st.text(max_size=100))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
