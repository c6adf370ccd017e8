"""Finds the phrases that change what a term means; `trigger_words` lists them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sessions_app.language.tokens import Token, listed, words

Category = Literal["negated", "possible", "hypothetical", "past", "other", "stop", "soft_stop", "nothing"]
# "around" reaches both ways within its clause; "after" only what stands before it.
Reach = Literal["before", "after", "around"]


@dataclass(frozen=True, slots=True)
class Trigger:
    category: Category
    reach: Reach = "before"
    # Holds for every item of the list that follows: "denies a, b, c".
    is_listing: bool = False


@dataclass(frozen=True, slots=True)
class Cue:
    """A trigger in the text, by the indices of its first and last token."""

    trigger: Trigger
    first: int
    last: int


class TriggerTable:
    """Phrases with what they mean; the longest phrase at a place wins."""

    def __init__(self, rows: Iterable[tuple[Trigger, str]]) -> None:
        self._phrases: dict[str, list[tuple[tuple[str, ...], Trigger]]] = {}
        for trigger, phrases in rows:
            for phrase in listed(phrases):
                key = words(phrase)
                self._phrases.setdefault(key[0], []).append((key, trigger))
        for known in self._phrases.values():
            known.sort(key=lambda entry: -len(entry[0]))

    def find(self, tokens: Sequence[Token]) -> list[Cue]:
        cues: list[Cue] = []
        index = 0
        while index < len(tokens):
            following = tokens[index + 1].text if index + 1 < len(tokens) else ""
            for key, trigger in self._phrases.get(tokens[index].text, ()):
                if len(key) > 1 and following not in (key[1], ","):
                    continue
                last = _end_of(key, tokens, index)
                if last is not None:
                    cues.append(Cue(trigger, index, last))
                    index = last
                    break
            index += 1
        return cues


def _end_of(key: Sequence[str], tokens: Sequence[Token], index: int) -> int | None:
    """Return where the phrase ends; a comma may stand in it: "nevím, jestli"."""
    for number, word in enumerate(key):
        if number and index < len(tokens) and tokens[index].text == ",":
            index += 1
        if index >= len(tokens) or tokens[index].text != word:
            return None
        index += 1
    return index - 1
