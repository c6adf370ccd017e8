"""What to do now, and the clinical summary, both from structured findings alone."""

from __future__ import annotations

from sessions_app.triage.case import Case, Differential, Level, Outcome
from sessions_app.triage.evidence import gather
from sessions_app.triage.explanation import label_of
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.knowledge.schema import RedFlag

ACTIONS: dict[Level, str] = {
    "emergency": (
        "Call an ambulance now (112, in the Czech Republic 155) or go to an emergency department at once;"
        " do not drive yourself."
    ),
    "urgent": "See a doctor within 24 hours; out of hours go to an urgent care service.",
    "routine": "Make an appointment with your general practitioner within the next days.",
    "self_care": "You can look after this at home for now; a pharmacist can advise you.",
}
SAFETY_NET: dict[Level, str] = {
    "emergency": "While you wait, do not stay alone; if breathing fails or you feel faint, call 112 or 155.",
    "urgent": (
        "Call 112 or 155 at once if it gets much worse, or with trouble breathing, chest pain, fainting,"
        " confusion or heavy bleeding."
    ),
    "routine": (
        "Seek care sooner if it gets worse or something new appears; call 112 or 155 with trouble breathing,"
        " chest pain, fainting, confusion or heavy bleeding."
    ),
    "self_care": (
        "See a doctor if it is not better in a few days, if it gets worse or a high fever appears; call 112"
        " or 155 with trouble breathing, chest pain, fainting or confusion."
    ),
}
LIKELY = 0.3
MAX_NAMED = 3


def recommendations(
    level: Level,
    fired: tuple[RedFlag, ...],
    differentials: tuple[Differential, ...],
    knowledge: Knowledge,
) -> tuple[str, ...]:
    """What to do, the advice for the likeliest cause where it fits the level, and what to watch for."""
    lines = [ACTIONS[level]]
    lines.extend(f"Reason for haste: {flag.text}" for flag in fired[:2])
    for differential in differentials[:1]:
        condition = knowledge.conditions[differential.condition]
        # Advice for a harmless cause must not talk anybody out of an urgent visit.
        if differential.probability >= LIKELY and (level == condition.level or not fired):
            lines.append(condition.advice)
    return (*lines, SAFETY_NET[level])


def summary(case: Case, outcome: Outcome, knowledge: Knowledge) -> str:
    """A short clinical summary in English; contains no word the patient wrote."""
    evidence = gather(case, knowledge)
    years = "" if evidence.age is None else f"{evidence.age}-year-old "
    person = f"{years}{evidence.sex if evidence.sex in ('male', 'female') else 'patient'}"
    complaint = knowledge.complaints.get(outcome.branches[0] if outcome.branches else case.complaint)
    named = complaint.text if complaint else case.complaint
    lines = [f"{person[:1].upper()}{person[1:]}, complaint: {named}."]
    present, absent = [], []
    for name, value in outcome.values.items():
        finding = knowledge.findings.get(name)
        if finding is None or value is None:
            continue
        if value is False:
            absent.append(finding.label)
        else:
            present.append(label_of(finding, value))
    if present:
        lines.append(f"Reported: {'; '.join(present)}.")
    if absent:
        lines.append(f"Denied: {'; '.join(absent)}.")
    lines.append(f"Triage level: {outcome.level}. {outcome.reason}")
    likely = [f"{item.diagnosis} ({item.icd10}) {item.probability:.0%}" for item in outcome.differentials]
    lines.append(f"Differential: {', '.join(likely[:MAX_NAMED])}.")
    return "\n".join(lines)
