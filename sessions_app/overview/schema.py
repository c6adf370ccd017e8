"""What the knowledge base covers: complaints, and branches with their questions and flags."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse

from config.public import as_json, public
from sessions_app.triage.engine import ENGINE_VERSION, knowledge
from sessions_app.triage.knowledge.schema import Complaint, Finding


def _versions() -> dict[str, str]:
    return {"engine_version": ENGINE_VERSION, "knowledge_version": knowledge().version}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "type": finding.type,
        "kind": finding.kind,
        "text": finding.text,
        "text_cs": finding.text_cs,
        "label": finding.label,
        "label_cs": finding.label_cs,
        "values": [
            {"value": option.id, "label": option.label, "label_cs": option.label_cs}
            for option in finding.values
        ],
        "unit": finding.unit or None,
        "min": finding.min,
        "max": finding.max,
    }


def _branch(complaint: Complaint) -> dict[str, Any]:
    base = knowledge()
    groups = (*complaint.must_ask, *complaint.groups)
    asked = dict.fromkeys(
        [name for group in groups for name in group.findings] + [*complaint.follow_up, *complaint.implies]
    )
    return {
        "id": complaint.id,
        "display": complaint.text,
        "display_cs": complaint.text_cs,
        "must_ask": [name for group in complaint.must_ask for name in group.findings],
        "findings": [_finding(base.findings[name]) for name in asked],
        "conditions": [
            {"diagnosis": base.conditions[name].name, "icd": base.conditions[name].icd10[0]}
            for name in complaint.conditions
        ],
    }


@cache
def _complaints() -> dict[str, Any]:
    listed = [
        {
            "id": complaint.id,
            "label": complaint.text,
            "label_cs": complaint.text_cs,
            "synonyms": {"en": complaint.synonyms.en, "cs": complaint.synonyms.cs},
        }
        for complaint in knowledge().complaints.values()
    ]
    return {"chief_complaints": listed, **_versions()}


@cache
def _branches() -> dict[str, Any]:
    base = knowledge()
    flags = [
        {
            "flag": rule.id,
            "level": rule.level,
            "description": rule.text,
            "description_cs": rule.text_cs,
            "source": rule.source,
        }
        for rule in base.red_flags.values()
    ]
    return {
        "branches": [_branch(complaint) for complaint in base.complaints.values()],
        "red_flags": flags,
        **_versions(),
    }


@public
def chief_complaints(request: HttpRequest) -> HttpResponse:
    """The complaints that a session can begin with."""
    return as_json(_complaints())


@public
def branches(request: HttpRequest) -> HttpResponse:
    """Every branch with its findings and conditions, and all red-flag rules."""
    return as_json(_branches())
