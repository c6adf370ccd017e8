from __future__ import annotations

from django.db.models import Count, Q

from config.paging import Listed, seek_page
from sessions_app.patients.models import Patient
from sessions_app.patients.operations import get_patient
from sessions_app.sessions.models import Session
from tenants.actor import Actor


def search_patients(
    *, actor: Actor, limit: int, cursor: str = "", partner_patient_id: str = "", q: str = ""
) -> tuple[list[Patient], str | None, int]:
    """Patients, newest updated first, with session counts; the cursor of the next page or None."""
    patients = Patient.objects.for_actor(actor)
    if partner_patient_id:
        patients = patients.filter(partner_patient_id=partner_patient_id)
    elif q:
        patients = patients.filter(partner_patient_id__icontains=q)
    page = seek_page(patients, field="updated_at", cursor=cursor, limit=limit)
    _count_sessions(actor, page[0])
    return page


def _count_sessions(actor: Actor, patients: list[Patient]) -> None:
    counts = {
        row["patient_id"]: row
        for row in Session.objects.for_actor(actor)
        .filter(patient_id__in=[patient.id for patient in patients])
        .values("patient_id")
        .annotate(total=Count("id"), active=Count("id", filter=Q(status="active")))
    }
    for patient in patients:
        row = counts.get(patient.id, {"total": 0, "active": 0})
        patient.session_count_total = row["total"]  # type: ignore[attr-defined]  # for the shape only
        patient.session_count_active = row["active"]  # type: ignore[attr-defined]  # for the shape only


def profile(*, actor: Actor, patient_id: str) -> tuple[Patient, list[Session], int]:
    """A patient with the latest session, if any, and the number of sessions; raises `NotFound`."""
    return profile_of(actor=actor, patient=get_patient(actor, patient_id))


def profile_of(*, actor: Actor, patient: Patient) -> tuple[Patient, list[Session], int]:
    sessions = Session.objects.for_actor(actor).filter(patient_id=patient.id).order_by("-created_at", "-id")
    return patient, list(sessions[:1]), sessions.count()


def patient_sessions(*, actor: Actor, patient_id: str, limit: int, offset: int) -> Listed[Session]:
    """A patient's sessions, newest first; raises `NotFound`."""
    patient = get_patient(actor, patient_id)
    sessions = Session.objects.for_actor(actor).filter(patient_id=patient.id).order_by("-created_at", "-id")
    return Listed(list(sessions[offset : offset + limit]), sessions.count())
