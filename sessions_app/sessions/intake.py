"""What a session starts from: complaint, free text, initial fields and the patient's profile, as entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sessions_app.patients.models import Patient
from sessions_app.triage.answers import accept_flags, normalise
from sessions_app.triage.case import Entry, Question, Value
from sessions_app.triage.engine import knowledge
from sessions_app.triage.listening import understand
from sessions_app.triage.routing import FALLBACK, Routed, match_complaint

# Facts that act on the prior; a profile says nothing of what is felt today.
PROFILE_KINDS = ("risk", "history")
UNSURE = 0.6
SMOKES = ("current", "smoker", "daily", "yes", "ano", "kuřák", "kuřačka")
DRINKS_HEAVILY = ("heavy", "dependent", "alcoholic", "harmful", "těžký", "závislý", "závislá")


@dataclass(frozen=True, slots=True)
class Said:
    """What was taken from one message."""

    findings: dict[str, Value] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    confidences: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def entry(self, source: Any) -> Entry:
        return Entry(source=source, findings=self.findings, flags=self.flags, confidences=self.confidences)


def listen(
    *,
    text: str = "",
    fields: Mapping[str, Any] | None = None,
    flags: tuple[str, ...] = (),
    confidences: Mapping[str, float] | None = None,
    question: Question | None = None,
) -> Said:
    """Findings out of a text and of fields the client sent; its fields win, flags are united."""
    base = knowledge()
    given, warnings = normalise(question, fields or {}, base)
    known_flags, flag_warnings = accept_flags(flags, base)
    heard: dict[str, Value] = {}
    sureness: dict[str, float] = {}
    if text and not fields:
        understood = understand(text, base, question)
        heard, sureness = dict(understood.findings), dict(understood.confidences)
        known_flags += tuple(flag for flag in understood.flags if flag not in known_flags)
    sureness |= {name: value for name, value in (confidences or {}).items() if name in heard or name in given}
    return Said(heard | given, known_flags, sureness, (*warnings, *flag_warnings))


def read_complaint(words: str) -> tuple[Routed, Said]:
    """The branch that the words lead to, and what they say besides."""
    base = knowledge()
    routed = match_complaint(words, base)
    is_name = words.strip().lower() in base.complaints
    return routed, Said() if is_name else listen(text=words)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a session starts with: its branch and every message about it that says something."""

    routed: Routed
    heard: tuple[Said, ...]
    warnings: tuple[str, ...] = ()

    @property
    def findings(self) -> dict[str, Value]:
        return {name: value for said in self.heard for name, value in said.findings.items()}


def read_opening(
    *, chief_complaint: str, free_text: str | None = None, initial_fields: Mapping[str, Any] | None = None
) -> Opening:
    """Read a complaint, which may be an id, a label or free words, and what came along with it."""
    routed, in_complaint = read_complaint(chief_complaint)
    # Read behind the complaint, which it goes on from: "spreads to my left arm" is about that pain.
    words = chief_complaint.replace("_", " ")
    in_text = listen(text=f"{words}. {free_text}") if free_text else Said()
    # "Unwell" says nothing, and what was guessed from its letters little: the story may tell more.
    if free_text and _weight_of(routed) <= UNSURE:
        routed = max(routed, match_complaint(free_text, knowledge()), key=_weight_of)
    in_fields = listen(fields=initial_fields) if initial_fields else Said()
    heard = tuple(said for said in (in_complaint, in_text, in_fields) if said.findings or said.flags)
    return Opening(routed, heard, in_fields.warnings)


def _weight_of(routed: Routed) -> float:
    return min(routed.confidence, UNSURE) if routed.complaint == FALLBACK else routed.confidence


def profile_entry(patient: Patient) -> Entry | None:
    """The risk factors among a patient's recorded facts; None when there are none we know."""
    base = knowledge()
    found: dict[str, Value] = {}
    for fact in (*patient.chronic_conditions, *patient.risk_factors, *patient.current_medications):
        for name, value in understand(fact, base).findings.items():
            if name in base.findings and base.findings[name].kind in PROFILE_KINDS and value is True:
                found[name] = value
    if patient.smoking_status.strip().lower().startswith(SMOKES):
        found["smoker"] = True
    if patient.alcohol_status.strip().lower().startswith(DRINKS_HEAVILY):
        found["alcohol_heavy"] = True
    return Entry(source="profile", findings=found) if found else None
