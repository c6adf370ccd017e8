"""Whether a term holds, and of whom: negation, doubt, the past, other people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from sessions_app.language.clauses import CONJUNCTIONS, Span, is_noun, is_own_clause
from sessions_app.language.narration import speaks_of_patient, tells_of_relative
from sessions_app.language.tokens import Token, bag
from sessions_app.language.trigger_words import RELATIVES
from sessions_app.language.triggers import Category, Cue, TriggerTable

# These show that a list after one negation is meant as a whole: "no fever, cough or rash".
_JOINS_ALL = bag("or nor neither ani nebo")
_BARE_NO = bag("no ne none nope nil negative neg nikdy never")
_EMPHASIS = bag("zadny zadna zadne zadnou vubec taky take ted momentalne uz at all either really")
# Directly after a comma these begin a new statement: "no fever, a bad cough".
_NEW_STATEMENT = bag(
    """
        an severe bad terrible awful really very constant some lots strong sharp intense horrible
        extreme silna silny silne silnou hrozna hrozny strasna strasny velka velky velmi hodne pouze
    """
)
# "No I have a fever" replies first and states then.
_AFTER_A_REPLY = bag("i im ive it its my the he she they we you there")
_SELF = bag("i im ive me mi mne ja mam nemam jsem nejsem citim kaslu zvracim trpim myself")
_SELF_BEHIND = bag("me mi mne")
_BEGINNINGS = bag("started began since for zacal zacala zacalo zacaly od trva")
# "A man with a history of gout presents with fever": what follows is of today.
_PRESENT = bag(
    """
        presents presented presenting has have complains complained complaining comes reports reported
        develops developed notices noticed who now is prichazi udava stezuje nyni
    """
)
_LENGTHS = bag("hour hours day days week weeks month months year years")
# No statement reaches further; keeps the work linear in the text.
_FARTHEST = 60


@dataclass(frozen=True, slots=True)
class Context:
    """What the words around a term say about it."""

    is_negated: bool = False
    # The negation may or may not reach this far: "no fever, cough".
    is_weak: bool = False
    is_possible: bool = False
    is_hypothetical: bool = False
    is_past: bool = False
    is_about_other: bool = False


class Reading:
    """One text with its terms; `context` answers for each of them."""

    def __init__(
        self,
        tokens: Sequence[Token],
        spans: Iterable[Span],
        triggers: TriggerTable,
        *,
        is_narrated: bool = False,
    ) -> None:
        self.tokens = tokens
        self.is_narrated = is_narrated
        self._starting: dict[int, list[Span]] = {}
        self._inside: set[int] = set()
        for first, last in sorted(set(spans)):
            self._starting.setdefault(first, []).append((first, last))
            self._inside.update(range(first, last + 1))
        # A trigger inside a term belongs to the term: "no appetite", "can't breathe".
        self.cues = [
            replace(cue, last=max(outside))
            for cue in triggers.find(tokens)
            if (outside := self._before_terms(cue)) and self._means_it(cue)
        ]
        self._stops = self._positions("stop", "soft_stop")
        self._hard_stops = self._positions("stop")
        self._negating = self._positions("negated")
        self._reached: dict[Category, set[int]] = {}
        self._negated: set[Span] = set()
        self._weak: set[Span] = set()
        self._denied: set[int] = set()
        for cue in self.cues:
            if cue.trigger.category == "negated":
                self._apply_negation(cue)
            elif cue.trigger.category in ("possible", "hypothetical", "past", "other"):
                self._apply(cue)

    def context(self, span: Span) -> Context:
        """Return the context of the term at these token indices (first, last)."""
        is_negated = span in self._negated or span[1] in self._denied
        return Context(
            is_negated=is_negated,
            is_weak=span in self._weak and not is_negated,
            is_possible=span[0] in self._reached.get("possible", ()),
            is_hypothetical=span[0] in self._reached.get("hypothetical", ()),
            is_past=span[0] in self._reached.get("past", ()),
            is_about_other=span[0] in self._reached.get("other", ()),
        )

    def _means_it(self, cue: Cue) -> bool:
        """Whether the words mean here what they usually do."""
        if cue.trigger.category == "other" and self.is_narrated and self._text_at(cue.first) in RELATIVES:
            return tells_of_relative(self.tokens, cue.first)
        # "A two-day history of vomiting" and "3/7 history" are of now.
        before = [token.text for token in self.tokens[max(0, cue.first - 2) : cue.first]]
        is_length = before[-1:] != [] and (before[-1] in _LENGTHS or before[0] == "/")
        return not (cue.trigger.category == "past" and self._text_at(cue.first) == "history" and is_length)

    def _before_terms(self, cue: Cue) -> list[int]:
        """Return the tokens of the cue up to the first that belongs to a term: "never" of "never had"."""
        positions = range(cue.first, cue.last + 1)
        return list(takewhile(lambda position: position not in self._inside, positions))

    def _positions(self, *categories: Category) -> set[int]:
        return {
            position
            for cue in self.cues
            if cue.trigger.category in categories
            for position in range(cue.first, cue.last + 1)
        }

    def _ahead(self, cue: Cue) -> range:
        return range(cue.last + 1, min(len(self.tokens), cue.last + 1 + _FARTHEST))

    def _behind(self, cue: Cue) -> range:
        return range(cue.first - 1, max(-1, cue.first - 1 - _FARTHEST), -1)

    def _apply(self, cue: Cue) -> None:
        """Mark the tokens that a cue of doubt, time or people reaches."""
        category, reach = cue.trigger.category, cue.trigger.reach
        reached = self._reached.setdefault(category, set())
        for way, is_taken in ((self._ahead(cue), reach != "after"), (self._behind(cue), reach != "before")):
            for position in way:
                if not is_taken or self._ends(position, cue):
                    break
                reached.add(position)

    def _ends(self, position: int, cue: Cue) -> bool:
        token = self.tokens[position]
        if token.sentence != self.tokens[cue.first].sentence or position in self._hard_stops:
            return True
        match cue.trigger.category:
            case "possible":
                return token.text in (",", "and")
            case "past":
                # "It started years ago" is not over.
                return token.text == "," or token.text in _BEGINNINGS or token.text in _PRESENT
            case "hypothetical":
                return token.text == ","
            case _:
                return self._speaks_of_self(position)

    def _speaks_of_self(self, position: int) -> bool:
        if self.is_narrated:
            return speaks_of_patient(self.tokens, position)
        word, following = self.tokens[position].text, self._text_at(position + 1)
        if word in ("my", "muj", "moje"):
            return following not in RELATIVES
        # "my dad, bolí mě": the pronoun stands behind the verb.
        return word in _SELF or (following in _SELF_BEHIND and word not in RELATIVES)

    def _apply_negation(self, cue: Cue) -> None:
        if self._looks_back(cue):
            self._denied.update(self._reach_back(cue))
        elif cue.trigger.reach != "after" and not self._is_reply(cue):
            self._negate_ahead(cue)

    def _looks_back(self, cue: Cue) -> bool:
        """Whether the negation follows what it denies: "horečku nemám", "fever: no"."""
        if cue.trigger.reach == "around":
            following = cue.last + 1
            while self._text_at(following) in _EMPHASIS:
                following += 1
            if not self._is_end(following) and self._text_at(following) not in CONJUNCTIONS:
                return False
        elif cue.trigger.reach != "after" and not self._is_bare(cue):
            return False
        return not self._inside.isdisjoint(self._reach_back(cue))

    def _is_end(self, position: int) -> bool:
        is_over = position >= len(self.tokens) or self.tokens[position].kind == "mark"
        return is_over or position in self._stops

    def _is_bare(self, cue: Cue) -> bool:
        is_no = self.tokens[cue.first].text in _BARE_NO
        return is_no and (cue.last + 1 >= len(self.tokens) or self.tokens[cue.last + 1].kind == "mark")

    def _is_reply(self, cue: Cue) -> bool:
        return self.tokens[cue.first].text == "no" and self._text_at(cue.last + 1) in _AFTER_A_REPLY

    def _reach_back(self, cue: Cue) -> list[int]:
        reached: list[int] = []
        is_bare = self._is_bare(cue)
        for position in self._behind(cue):
            token = self.tokens[position]
            is_stop = position in self._stops and token.text not in ("is", "are", "was", "uz")
            if is_stop or (position in self._negating and token.text not in _JOINS_ALL):
                break
            # "Fever? No." is one statement in two sentences.
            if token.kind == "mark" and not (is_bare and token.text in ":?-–"):
                break
            reached.append(position)
        return reached

    def _negate_ahead(self, cue: Cue) -> None:
        last_comma, has_term, has_and = 0, False, False
        joins = self._joins(cue)
        for position in self._ahead(cue):
            if self.tokens[position].sentence != self.tokens[cue.last].sentence:
                return
            for span in self._starting.get(position, ()):
                if is_own_clause(self.tokens, span, cue, has_term=has_term):
                    return
                if self._ended_lately(span):
                    self._weak.add(span)
                elif not last_comma or cue.trigger.is_listing or any(join > last_comma for join in joins):
                    self._negated.add(span)
                elif not self._follows_item(cue):
                    self._weak.add(span)
            is_stop = position in self._stops and (has_term or has_and or last_comma > 0)
            is_stop = is_stop and not is_noun(self.tokens, position)
            # "No fever, no cough, chest pain": each "no" has its own item.
            is_next = position in self._negating and self.tokens[position].text not in _JOINS_ALL
            if position in self._hard_stops or is_stop or is_next:
                return
            has_term = has_term or position in self._inside
            has_and = has_and or self.tokens[position].text in ("and", "a")
            if self.tokens[position].kind == "mark":
                # "No gas or stool, vomiting": the list was closed before the comma.
                if self._breaks(position) or any(cue.last < join < position for join in joins):
                    return
                last_comma = position

    def _breaks(self, position: int) -> bool:
        text = self.tokens[position].text
        if text == ",":
            return self._starts_statement(position + 1)
        is_dash = text == "-" and self.tokens[position - 1].end < self.tokens[position].start
        return is_dash or text in "–—:"

    def _starts_statement(self, position: int) -> bool:
        # Czech "a" is "and" and stands before a verb; the English article never does.
        is_article = self._text_at(position) == "a" and position + 1 not in self._stops
        return is_article or self._text_at(position) in _NEW_STATEMENT

    def _joins(self, cue: Cue) -> list[int]:
        """Return the places of "or" and the like in the statement that the negation opens."""
        places: list[int] = []
        for position in self._ahead(cue):
            token = self.tokens[position]
            if token.sentence != self.tokens[cue.last].sentence or position in self._hard_stops:
                break
            if token.text in _JOINS_ALL:
                places.append(position)
        return places

    def _follows_item(self, cue: Cue) -> bool:
        return any(
            position in self._inside and self.tokens[position].sentence == self.tokens[cue.first].sentence
            for position in self._behind(cue)
        )

    def _ended_lately(self, span: Span) -> bool:
        """Whether the term was true until now: "no chest pain anymore"."""
        following = [self._text_at(span[1] + 1), self._text_at(span[1] + 2)]
        return following[0] == "anymore" or following in (["any", "more"], ["any", "longer"])

    def _text_at(self, position: int) -> str:
        return self.tokens[position].text if position < len(self.tokens) else ""
