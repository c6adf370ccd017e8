"""A knowledge base small enough to reason about by hand."""

from __future__ import annotations

from typing import Any

from sessions_app.triage.knowledge.loader import Bundle, Knowledge, index

ONSET = {"sudden": 0.3, "gradual": 0.7}
DURATION = {"hours": 0.2, "days": 0.5, "weeks": 0.3}
SEVERITY = {"mild": 0.5, "moderate": 0.3, "severe": 0.2}


def finding(finding_id: str, **extra: Any) -> dict[str, Any]:
    label = finding_id.replace("_", " ")
    return {
        "id": finding_id,
        "type": "binary",
        "text": f"Is there {label}?",
        "text_cs": f"Je přítomno: {label}?",
        "label": label,
        "label_cs": f"{label} (cs)",
        "base_rate": 0.1,
        **extra,
    }


def option(option_id: str) -> dict[str, str]:
    return {"id": option_id, "label": option_id.replace("_", " "), "label_cs": f"{option_id} cs"}


def condition(condition_id: str, level: str, findings: dict[str, Any], **extra: Any) -> dict[str, Any]:
    return {
        "id": condition_id,
        "name": condition_id.replace("_", " ").title(),
        "name_cs": f"{condition_id} cs",
        "icd10": ["R69"],
        "rate_m": [200.0] * 6,
        "rate_f": [200.0] * 6,
        "level": level,
        "severity": {"self_care": 1, "routine": 2, "urgent": 3, "emergency": 5}[level],
        "findings": findings,
        "advice": f"Advice for {condition_id}.",
        "advice_cs": f"Rada pro {condition_id}.",
        "sources": ["estimate"],
        **extra,
    }


def group(group_id: str, *findings: str) -> dict[str, Any]:
    return {"id": group_id, "text": "Any of these?", "text_cs": "Něco z toho?", "findings": findings}


def red_flag(
    flag_id: str, when: str, level: str, fires: dict[str, Any], quiet: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": flag_id,
        "when": when,
        "level": level,
        "text": f"Rule {flag_id}.",
        "text_cs": f"Pravidlo {flag_id}.",
        "source": "estimate",
        "fires": fires,
        "quiet": quiet,
    }


FINDINGS = [
    finding("chest_pain"),
    finding(
        "chest_pain_character",
        type="categorical",
        parent="chest_pain",
        values=[option("pressure"), option("sharp")],
        base_rate={"pressure": 0.4, "sharp": 0.6},
    ),
    finding(
        "chest_pain_radiation",
        type="multi",
        parent="chest_pain",
        values=[option("left_arm"), option("jaw"), option("back")],
        base_rate={"left_arm": 0.05, "jaw": 0.05, "back": 0.1},
    ),
    finding("sweating"),
    finding("collapse", base_rate=0.02),
    finding("dyspnoea"),
    finding("fever", group="infection"),
    finding("cough", group="infection"),
    finding("runny_nose", group="infection"),
    finding("sore_throat"),
    finding("drooling", base_rate=0.01),
    finding("stridor", base_rate=0.01),
    finding("neck_stiffness", base_rate=0.01),
    finding("chest_wall_tenderness"),
    finding("pregnant", kind="history", applies={"sex": "female", "min_age": 12, "max_age": 55}),
    finding("smoker", kind="risk", base_rate=0.2),
    finding(
        "travel",
        type="categorical",
        kind="history",
        values=[option("near"), option("far")],
        base_rate={"near": 0.9, "far": 0.1},
    ),
    finding("vaginal_bleeding", applies={"sex": "female"}),
    finding(
        "temperature_c",
        type="number",
        kind="measurement",
        unit="°C",
        min=30,
        max=44,
        burden=0.05,
        bins=[{"id": "normal", "below": 37.5}, {"id": "raised", "below": 38.5}, {"id": "high"}],
        base_rate={"normal": 0.8, "raised": 0.1, "high": 0.1},
    ),
    finding(
        "symptom_onset", type="categorical", values=[option("sudden"), option("gradual")], base_rate=ONSET
    ),
    finding(
        "symptom_duration",
        type="duration",
        bins=[{"id": "hours", "below": 24}, {"id": "days", "below": 168}, {"id": "weeks"}],
        base_rate=DURATION,
    ),
    finding(
        "pain_severity",
        type="scale",
        bins=[{"id": "mild", "below": 4}, {"id": "moderate", "below": 7}, {"id": "severe"}],
        base_rate=SEVERITY,
    ),
]
CONDITIONS = [
    condition(
        "heart_attack",
        "emergency",
        {
            "chest_pain": 6,
            "chest_pain_character": {"pressure": 6},
            "chest_pain_radiation": {"left_arm": 4, "jaw": 3},
            "sweating": 5,
            "dyspnoea": 4,
            "symptom_onset": {"sudden": 5},
            "symptom_duration": {"hours": 6},
            "pain_severity": {"severe": 5},
        },
        rate_m=[0.1, 0.1, 0.5, 20, 200, 400],
        rate_f=[0.1, 0.1, 0.5, 10, 100, 300],
        risk={"smoker": 2.5},
        upgrades=[{"when": "collapse", "level": "emergency"}],
    ),
    condition(
        "chest_wall_strain",
        "self_care",
        {
            "chest_pain": 6,
            "chest_pain_character": {"sharp": 6},
            "chest_wall_tenderness": 6,
            "sweating": 1,
            "symptom_duration": {"days": 5},
            "pain_severity": {"mild": 5},
        },
    ),
    condition(
        "cold",
        "self_care",
        {
            "runny_nose": 6,
            "sore_throat": 4,
            "cough": 4,
            "fever": 2,
            "symptom_onset": {"gradual": 6},
            "symptom_duration": {"days": 6},
            "pain_severity": {"mild": 6},
        },
        rate_m=[20000.0] * 6,
        rate_f=[20000.0] * 6,
    ),
    condition(
        "throat_infection",
        "routine",
        {"sore_throat": 7, "fever": 5, "runny_nose": 2, "symptom_duration": {"days": 6}},
        rate_m=[2000.0] * 6,
        rate_f=[2000.0] * 6,
        upgrades=[{"when": "temperature_c >= 40", "level": "urgent"}],
    ),
    condition(
        "closing_airway",
        "emergency",
        {"sore_throat": 6, "drooling": 5, "stridor": 4, "fever": 5, "symptom_duration": {"hours": 5}},
        rate_m=[2.0] * 6,
        rate_f=[2.0] * 6,
    ),
    condition(
        "miscarriage",
        "urgent",
        {"vaginal_bleeding": 6, "pain_severity": {"moderate": 4}},
        rate_m=[0.0] * 6,
        applies={"sex": "female", "min_age": 12, "max_age": 55},
        risk={"pregnant": 200},
    ),
]
COMPLAINTS = [
    {
        "id": "chest_pain",
        "text": "Chest pain",
        "text_cs": "Bolest na hrudi",
        "synonyms": {"en": ["chest pain"], "cs": ["bolest* na hrud*"]},
        "implies": {"chest_pain": True},
        "must_ask": [group("chest_danger", "sweating", "collapse", "dyspnoea")],
        "follow_up": [
            "symptom_duration",
            "chest_pain_character",
            "chest_pain_radiation",
            "pain_severity",
        ],
        "groups": [group("chest_other", "chest_wall_tenderness", "smoker")],
        "conditions": ["heart_attack", "chest_wall_strain"],
    },
    {
        "id": "sore_throat",
        "text": "Sore throat",
        "text_cs": "Bolest v krku",
        "synonyms": {"en": ["sore throat"], "cs": ["bol* v krku"]},
        "implies": {"sore_throat": True},
        "must_ask": [group("throat_danger", "drooling", "stridor", "neck_stiffness")],
        "follow_up": ["symptom_duration", "symptom_onset", "pain_severity"],
        "groups": [group("cold_signs", "runny_nose", "cough", "fever")],
        "conditions": ["cold", "throat_infection", "closing_airway"],
    },
    {
        "id": "general",
        "text": "Something else",
        "text_cs": "Něco jiného",
        "synonyms": {"en": ["unwell"], "cs": ["je mi zle"]},
        "must_ask": [group("any_danger", "collapse", "dyspnoea", "neck_stiffness")],
        "conditions": [entry["id"] for entry in CONDITIONS],
    },
]
RED_FLAGS = [
    red_flag(
        "chest_pain_sweating",
        "chest_pain and sweating and age >= 30",
        "emergency",
        {"chest_pain": True, "sweating": True, "age": 50},
        {"chest_pain": True, "sweating": True, "age": 20},
    ),
    red_flag(
        "airway_closing",
        "sore_throat and (drooling or stridor)",
        "emergency",
        {"sore_throat": True, "drooling": True},
        {"sore_throat": True, "drooling": False},
    ),
    red_flag(
        "stiff_neck",
        "fever and neck_stiffness",
        "emergency",
        {"fever": True, "neck_stiffness": True},
        {"fever": False, "neck_stiffness": True},
    ),
    red_flag(
        "collapsed",
        "collapse",
        "urgent",
        {"collapse": True},
        {"collapse": False},
    ),
]


def tiny_content() -> dict[str, Any]:
    return {
        "findings": FINDINGS,
        "conditions": CONDITIONS,
        "complaints": COMPLAINTS,
        "red_flags": RED_FLAGS,
        "sources": [{"id": "a_guideline", "citation": "A guideline, 2020."}],
    }


def tiny_knowledge() -> Knowledge:
    return index(Bundle.model_validate(tiny_content()), version="tiny")
