from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.endpoint import Endpoint
from config.fields import ShortList
from config.paging import ArrayQuery, Listed
from sessions_app.patients.models import Patient
from sessions_app.patients.operations import erase_patient, rectify_patient, upsert_profile
from sessions_app.patients.queries import patient_sessions, profile, profile_of, search_patients
from sessions_app.sessions.models import Session
from sessions_app.sessions.outputs import listed_session
from tenants.actor import Actor


def _items() -> ShortList:
    item = serializers.CharField(max_length=200, allow_blank=True)
    return ShortList(child=item, max_length=200, allow_null=True, required=False)


class ProfileInput(serializers.Serializer[Any]):
    chronic_conditions = _items()
    current_medications = _items()
    allergies = _items()
    risk_factors = _items()
    family_history = _items()
    smoking_status = serializers.CharField(max_length=50, allow_blank=True, allow_null=True, required=False)
    alcohol_status = serializers.CharField(max_length=50, allow_blank=True, allow_null=True, required=False)


class WrongFacts(serializers.Serializer[Any]):
    chronic_conditions = _items()
    current_medications = _items()
    allergies = _items()
    risk_factors = _items()
    family_history = _items()


class PatientRectification(serializers.Serializer[Any]):
    remove = WrongFacts()
    reason = serializers.CharField(max_length=500, allow_blank=True, allow_null=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        remove = {name: items for name, items in attrs["remove"].items() if items is not None}
        return {"remove": remove, "reason": attrs.get("reason") or ""}


class PatientQuery(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    cursor = serializers.CharField(max_length=200, default="", allow_blank=True)
    partner_patient_id = serializers.CharField(max_length=100, default="", allow_blank=True)
    q = serializers.CharField(max_length=100, default="", allow_blank=True)


class FactsOut(serializers.Serializer[Any]):
    profile_id = serializers.UUIDField()
    partner_patient_id = serializers.CharField()
    chronic_conditions = serializers.ListField(child=serializers.CharField())
    current_medications = serializers.ListField(child=serializers.CharField())
    allergies = serializers.ListField(child=serializers.CharField())
    risk_factors = serializers.ListField(child=serializers.CharField())
    family_history = serializers.ListField(child=serializers.CharField())
    smoking_status = serializers.CharField(allow_blank=True)
    alcohol_status = serializers.CharField(allow_blank=True)


class ProfileOut(FactsOut):
    age = serializers.IntegerField(allow_null=True)
    sex = serializers.CharField(allow_null=True)
    sessions_count = serializers.IntegerField()
    last_session_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class ListedPatientOut(FactsOut):
    session_count_total = serializers.IntegerField()
    session_count_active = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PatientPageOut(serializers.Serializer[Any]):
    data = ListedPatientOut(many=True)  # type: ignore[assignment]  # the contract's name
    next_cursor = serializers.CharField(allow_null=True)
    limit = serializers.IntegerField()


class PatientSessionOut(serializers.Serializer[Any]):
    session_id = serializers.UUIDField()
    chief_complaint = serializers.CharField()
    status = serializers.CharField()
    triage_level = serializers.CharField()
    primary_diagnosis = serializers.CharField(allow_null=True)
    primary_diagnosis_icd = serializers.CharField(allow_null=True)
    questions_asked = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)


class DeletedCountsOut(serializers.Serializer[Any]):
    profiles = serializers.IntegerField()
    sessions = serializers.IntegerField()
    answers = serializers.IntegerField()
    feedback = serializers.IntegerField()
    events = serializers.IntegerField()
    stored_replies = serializers.IntegerField()


class PatientDeletedOut(serializers.Serializer[Any]):
    deleted = DeletedCountsOut()


def _facts(patient: Patient) -> dict[str, Any]:
    names = (*Patient.LISTS, *Patient.TEXTS)
    return {"profile_id": patient.id, "partner_patient_id": patient.partner_patient_id} | {
        name: getattr(patient, name) for name in names
    }


def shape_profile(found: tuple[Patient, list[Session], int]) -> dict[str, Any]:
    patient, latest, count = found
    last = latest[0] if latest else None
    return _facts(patient) | {
        "age": last.age if last else None,
        "sex": (last.sex or None) if last else None,
        "sessions_count": count,
        "last_session_at": last.created_at if last else None,
        "created_at": patient.created_at,
    }


def shape_page(found: tuple[list[Patient], str | None, int]) -> dict[str, Any]:
    patients, next_cursor, limit = found
    data = [
        _facts(patient)
        | {
            "session_count_total": patient.session_count_total,  # type: ignore[attr-defined]  # set by the query
            "session_count_active": patient.session_count_active,  # type: ignore[attr-defined]  # set by the query
            "created_at": patient.created_at,
            "updated_at": patient.updated_at,
        }
        for patient in patients
    ]
    return {"data": data, "next_cursor": next_cursor, "limit": limit}


def put_profile(*, actor: Actor, patient_id: str, **facts: Any) -> tuple[Patient, list[Session], int]:
    return profile_of(actor=actor, patient=upsert_profile(actor=actor, patient_id=patient_id, **facts))


def take_out(*, actor: Actor, patient_id: str, **wrong: Any) -> tuple[Patient, list[Session], int]:
    return profile_of(actor=actor, patient=rectify_patient(actor=actor, patient_id=patient_id, **wrong))


class ListPatients(Endpoint):
    """Search patients, newest updated first."""

    scope = "patients:read"
    takes = PatientQuery
    gives = PatientPageOut
    operation = staticmethod(search_patients)
    shape = staticmethod(shape_page)
    audits = "patient.list_accessed"


class GetProfile(Endpoint):
    """A patient's recorded facts."""

    scope = "patients:read"
    gives = ProfileOut
    operation = staticmethod(profile)
    shape = staticmethod(shape_profile)
    audits = "patient.profile_accessed"
    audits_hourly = True


class PutProfile(Endpoint):
    """Add to a patient's recorded facts; makes the patient if new."""

    scope = "patients:write"
    takes = ProfileInput
    gives = ProfileOut
    operation = staticmethod(put_profile)
    shape = staticmethod(shape_profile)


class RectifyPatient(Endpoint):
    """Take wrong facts out of a patient's profile (GDPR Art. 16)."""

    scope = "patients:write"
    takes = PatientRectification
    gives = ProfileOut
    operation = staticmethod(take_out)
    shape = staticmethod(shape_profile)


class ListPatientSessions(Endpoint):
    """A patient's sessions, newest first."""

    scope = "patients:read"
    takes = ArrayQuery
    gives = PatientSessionOut
    gives_many = True
    operation = staticmethod(patient_sessions)
    shape = staticmethod(
        lambda found: [listed_session(session, with_patient=False) for session in found.rows]
    )
    headers = staticmethod(Listed.headers)
    audits = "patient.sessions_accessed"
    audits_hourly = True


class DeletePatient(Endpoint):
    """Erase a patient with all sessions (GDPR Art. 17)."""

    scope = "patients:write"
    gives = PatientDeletedOut
    operation = staticmethod(erase_patient)
    shape = staticmethod(lambda counts: {"deleted": counts})
