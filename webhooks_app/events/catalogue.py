"""Event names and the fields that each may carry: ids, levels, codes and counts, no free text."""

from __future__ import annotations

_SESSION = frozenset(
    {"session_id", "patient_id", "chief_complaint", "status", "questions_asked", "triage_level"}
)
_BALANCE = frozenset({"balance", "initial_balance", "threshold"})

FIELDS: dict[str, frozenset[str]] = {
    "session.created": _SESSION,
    "session.answered": _SESSION | {"question_id", "skipped"},
    "session.finalized": _SESSION,
    "session.timeout": _SESSION,
    "assessment.completed": _SESSION
    | {"primary_diagnosis", "primary_diagnosis_icd", "primary_probability", "red_flags"},
    "red_flag.detected": frozenset({"session_id", "flag", "triage_level"}),
    "triage.escalated": frozenset({"session_id", "from", "to"}),
    "balance.low_20": _BALANCE,
    "balance.low_10": _BALANCE,
    "balance.depleted": _BALANCE,
    "webhook.test": frozenset({"message"}),
}
