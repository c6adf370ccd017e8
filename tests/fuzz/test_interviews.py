"""Interviews in which anything at all is answered: the engine reads it, goes on and comes to an end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.sessions.interview import plain
from sessions_app.triage.answers import accept_flags, normalise
from sessions_app.triage.case import Case, Entry, Question
from sessions_app.triage.engine import evaluate, knowledge, questions_of
from sessions_app.triage.listening import understand
from sessions_app.triage.routing import match_complaint
from tests.fuzz.samples import JSON, SAME, TEXTS

LONGEST = 60
PEOPLE = st.builds(
    Case,
    complaint=st.deferred(lambda: st.sampled_from(sorted(knowledge().complaints))),
    age=st.none() | st.integers(0, 120),
    sex=st.sampled_from([None, "male", "female", "other"]),
)
NAMES = st.deferred(
    lambda: st.sampled_from([*sorted(knowledge().findings), "age", "q_sex"]) | st.text(max_size=20)
)
LIKELY = st.sampled_from(
    [
        "yes",
        "ne",
        "unknown",
        "3 days",
        "2 týdny",
        "38,5",
        "-1",
        "1e400",
        "NaN",
        "none",
        "",
        " ",
        True,
        0,
        11,
        45.5,
    ]
)
VALUES = st.one_of(
    LIKELY, LIKELY, st.fixed_dictionaries({"value": LIKELY, "unit": LIKELY}), st.lists(LIKELY), JSON
)


def assert_storable(entry: Entry) -> None:
    """A stored entry is JSON, and PostgreSQL takes no NUL."""
    assert b"\\u0000" not in orjson.dumps([plain(entry.findings), entry.flags, dict(entry.confidences)])
    assert entry.findings.keys() <= {*knowledge().findings, "age", "sex"}


def reply(data: st.DataObject, question: Question) -> Entry:
    """One answer to the question: skipped, in words, in fields or by flags."""
    entry = Entry(source="answer", question_id=question.question_id)
    way = data.draw(st.sampled_from(["skip", "text", "text", "fields", "choice", "flags"]))
    if way == "skip":
        return replace(entry, skipped=True)
    if way == "text":
        heard = understand(data.draw(TEXTS), knowledge(), question)
        return replace(entry, findings=heard.findings, confidences=heard.confidences)
    if way == "flags":
        flags, _ = accept_flags(tuple(data.draw(st.lists(NAMES, max_size=3))), knowledge())
        return replace(entry, flags=flags)
    names: st.SearchStrategy[str] = NAMES
    values: st.SearchStrategy[Any] = VALUES
    if way == "choice":
        names = st.sampled_from([question.question_id, *question.targets])
        values = st.sampled_from([choice.value for choice in question.choices] or ["yes"]) | VALUES
    fields = data.draw(st.dictionaries(names, values, max_size=4))
    found, warnings = normalise(question, fields, knowledge())
    assert all(len(warning) < 100 for warning in warnings)
    return replace(entry, findings=found)


@settings(SAME, max_examples=40)
@given(case=PEOPLE, data=st.data())
def test_any_interview_comes_to_an_end(case: Case, data: st.DataObject) -> None:
    asked: list[str] = []
    outcome = evaluate(case, knowledge())
    while outcome.question is not None:
        entry = reply(data, outcome.question)
        assert_storable(entry)
        asked.append(entry.question_id)
        assert len(asked) < LONGEST, asked
        case = replace(case, entries=(*case.entries, entry))
        outcome = evaluate(case, knowledge())
    assert all(0 <= one.probability <= 1 for one in outcome.differentials)
    assert outcome.questions_remaining == 0
    assert len(questions_of(case, knowledge())) >= outcome.questions_asked


@SAME
@given(text=TEXTS)
def test_any_text_begins_an_interview(text: str) -> None:
    routed = match_complaint(text, knowledge())
    assert routed.complaint in knowledge().complaints
    said = understand(text, knowledge())
    entry = Entry(source="intake", findings=said.findings, confidences=said.confidences)
    assert_storable(entry)
    assert evaluate(Case(routed.complaint, entries=(entry,)), knowledge()).level


@SAME
@given(fields=st.dictionaries(NAMES, VALUES, max_size=8))
def test_any_fields_are_taken_or_named_in_a_warning(fields: dict[str, Any]) -> None:
    found, warnings = normalise(None, fields, knowledge())
    assert_storable(Entry(source="intake", findings=found))
    assert len(found) + len(warnings) <= len(fields)
