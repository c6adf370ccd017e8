"""Takes findings from what a patient writes, in English or Czech, with or without a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sessions_app.language.tokens import bag
from sessions_app.triage.case import Question, Value
from sessions_app.triage.hearing import Heard, hear
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.replying import reply_to

# Whoever says these once and takes them back is asked, not believed.
_NEVER_TAKEN_BACK = bag(
    """
        suicidal_thoughts suicidal_plan plan_made death_wish violent_thoughts overdose unsafe_at_home
        sexual_assault
    """
)


@dataclass(frozen=True, slots=True)
class Mention:
    """One finding in the text; `text[start:end]` are the words that name it."""

    finding_id: str
    value: Value
    start: int
    end: int
    negated: bool


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a text says; `is_understood` is false when nothing could be taken from it."""

    findings: Mapping[str, Value] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    confidences: Mapping[str, float] = field(default_factory=dict)
    is_understood: bool = False


def understand(text: str, knowledge: Knowledge, question: Question | None = None) -> Understanding:
    """Return the findings that the text states about the patient; never fails.

    Values are as in `case.Value`: durations in hours, temperatures in Celsius; a reply
    such as "not sure" gives None. What is said of others, of the past or as a mere
    possibility is left out.
    """
    heard = hear(text, knowledge, question)
    said = _said(heard)
    if question is not None and question.targets == ("age",):
        # "45 let" is an age here and no length of time.
        said.pop("symptom_duration", None)
    findings: dict[str, Value] = {}
    confidences: dict[str, float] = {}
    reply = reply_to(question, heard) if question is not None else {}
    # What the words name overrules what a yes or no would mean: "no, just a fever".
    for finding_id, (value, confidence) in (*reply.items(), *said.items()):
        findings[finding_id] = value
        confidences[finding_id] = round(confidence, 2)
    return Understanding(
        findings=findings,
        mentions=tuple(
            Mention(word.finding_id, word.value, word.start, word.end, word.is_negated)
            for word in heard.words
        ),
        confidences=confidences,
        is_understood=bool(findings),
    )


def _said(heard: Heard) -> dict[str, tuple[Value, float]]:
    """One value for each finding; of two statements the later one counts, unless a life may hang on it."""
    said: dict[str, tuple[Value, float]] = {}
    for word in heard.words:
        before = said.get(word.finding_id)
        if word.finding_id in _NEVER_TAKEN_BACK and before is not None and before[0] is True:
            continue
        finding = heard.lexicon.findings.get(word.finding_id)
        if finding is not None and finding.type == "multi":
            if not word.is_negated:
                said[word.finding_id] = _with_part(before, str(word.value), word.confidence)
        elif finding is None or finding.type != "categorical" or not word.is_negated:
            said[word.finding_id] = (word.value, word.confidence)
    return said


def _with_part(
    before: tuple[Value, float] | None, part: str, confidence: float
) -> tuple[tuple[str, ...], float]:
    if before is None or not isinstance(before[0], tuple):
        return (part,), confidence
    parts = before[0] if part in before[0] else (*before[0], part)
    return parts, min(before[1], confidence)
