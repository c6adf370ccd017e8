"""Finds the findings named in a text and keeps those that hold for the patient now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sessions_app.language.context import Context, Reading
from sessions_app.language.durations import Duration, read_durations
from sessions_app.language.narration import is_narrated
from sessions_app.language.numbers import Number, read_numbers
from sessions_app.language.people import continues_about_other, speaks_for_other
from sessions_app.language.terms import Match
from sessions_app.language.tokens import Language, Token, guess_language, tokenise
from sessions_app.language.trigger_words import LAY_TRIGGERS
from sessions_app.triage.binding import Binder, Statement, pains_by_place
from sessions_app.triage.case import Question, Value
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.lexicon import DECOY, LASTING, Lexicon, Sense, lexicon_of
from sessions_app.triage.measuring import Named, measure

_MATCH_CONFIDENCE = 0.95
_POSSIBLE = 0.7


@dataclass(frozen=True, slots=True)
class Word:
    """A statement about one finding, with its place in the text."""

    finding_id: str
    value: Value
    start: int
    end: int
    confidence: float
    is_negated: bool = False


@dataclass(frozen=True)
class Heard:
    """One text as read against the knowledge."""

    tokens: list[Token]
    language: Language | None
    lexicon: Lexicon
    numbers: list[Number]
    durations: list[Duration]
    words: tuple[Word, ...]
    # The writer speaks for somebody else, who is the patient.
    is_proxy: bool
    # Nobody writes of themselves: the patient is "he" or "she".
    is_narrated: bool


def hear(text: str, knowledge: Knowledge, question: Question | None = None) -> Heard:
    """Read the text against every surface form of the knowledge."""
    lexicon = lexicon_of(knowledge)
    tokens = tokenise(text)
    language = guess_language(text, tokens)
    numbers = read_numbers(tokens)
    durations = read_durations(tokens, numbers)
    matches = lexicon.find(tokens, language)
    narrated = is_narrated(tokens)
    spans = [_span(match) for match in matches]
    reading = Reading(tokens, spans, LAY_TRIGGERS[language], is_narrated=narrated)
    # "My mother has diabetes" tells of the family; "my mother has chest pain" asks for help.
    is_proxy = (
        not narrated
        and speaks_for_other(tokens, children_only=question is not None)
        and any(lexicon.is_symptom(match.payload) for match in matches)
    )
    may_go_on = not (narrated or is_proxy)
    said = [
        # Czech says it twice: "nikdy jsem neomdlel".
        Statement(match, context, match.is_negated or context.is_negated)
        for match in matches
        if match.payload != DECOY
        for context in (reading.context(_span(match)),)
        if _holds(match, context, lexicon, is_proxy) and not (may_go_on and _is_of_other(match, tokens))
    ]
    if question is None:
        said += list(pains_by_place(said, tokens, lexicon))
    targets = question.targets if question else ()
    words = [
        *_yes_no_words(said, lexicon),
        *_value_words(Binder(said, lexicon, _granted(knowledge, question), targets)),
    ]
    for figure in measure(tokens, numbers, durations, _named(said), lexicon.findings):
        context = reading.context((figure.first, figure.last))
        if is_proxy or not (context.is_about_other or context.is_hypothetical):
            place = tokens[figure.first].start, tokens[figure.last].end
            words.append(Word(figure.finding_id, figure.value, *place, figure.confidence))
    words.sort(key=lambda word: (word.start, word.end))
    return Heard(tokens, language, lexicon, numbers, durations, tuple(words), is_proxy, narrated)


def _named(said: list[Statement]) -> list[Named]:
    return [Named(entry.match.payload.finding_id, *_span(entry.match)) for entry in said]


def _span(match: Match[Sense]) -> tuple[int, int]:
    return match.positions[0], match.positions[-1]


def _holds(match: Match[Sense], context: Context, lexicon: Lexicon, is_proxy: bool) -> bool:
    if context.is_hypothetical or context.is_weak:
        return False
    kind = lexicon.findings[match.payload.finding_id].kind
    # "A blood clot years ago" is what a history finding asks for; a cough years ago is no cough.
    if context.is_past and kind not in LASTING:
        return False
    return is_proxy or not context.is_about_other


def _is_of_other(match: Match[Sense], tokens: list[Token]) -> bool:
    return continues_about_other(tokens, tokens[match.positions[0]].sentence)


def _granted(knowledge: Knowledge, question: Question | None) -> frozenset[str]:
    """Findings that the session is about, so that their details need no naming."""
    if question is None:
        return frozenset()
    complaint = knowledge.complaints.get(question.branch)
    implied = complaint.implies if complaint else {}
    parents = {
        knowledge.findings[target].parent for target in question.targets if target in knowledge.findings
    }
    return frozenset(
        {finding_id for finding_id, value in implied.items() if value} | {p for p in parents if p}
    )


def _yes_no_words(said: list[Statement], lexicon: Lexicon) -> Iterator[Word]:
    denied = {
        (lexicon.parent(entry.match.payload), position)
        for entry in said
        if entry.is_negated
        for position in entry.match.positions
    }
    for entry in said:
        match = entry.match
        if not isinstance(match.payload.value, bool):
            continue
        # "No chest pain on breathing" does not deny the chest pain.
        if entry.is_negated and any(
            (match.payload.finding_id, position) in denied for position in match.positions
        ):
            continue
        value = match.payload.value != entry.is_negated
        yield Word(
            match.payload.finding_id,
            value,
            match.start,
            match.end,
            _confidence(entry),
            is_negated=entry.is_negated,
        )


def _value_words(binder: Binder) -> Iterator[Word]:
    for entry in binder.bound():
        match = entry.match
        yield Word(
            match.payload.finding_id,
            match.payload.value,
            match.start,
            match.end,
            _confidence(entry),
            is_negated=entry.is_negated,
        )


def _confidence(entry: Statement) -> float:
    return _MATCH_CONFIDENCE * entry.match.confidence * (_POSSIBLE if entry.context.is_possible else 1.0)
