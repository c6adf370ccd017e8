from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from config.errors import Invalid, NotFound
from sessions_app.patients.models import Patient
from tenants.actor import Actor
from tenants.audit.operations import record
from tenants.limits.models import IdempotentCall
from tenants.work import current_work, operation

PARTNER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}", re.ASCII)
MAX_ITEMS = 200


def get_patient(actor: Actor, partner_patient_id: str, *, lock: bool = False) -> Patient:
    """The actor's patient under the partner's id; raises `NotFound`."""
    patients = Patient.objects.for_actor(actor).filter(partner_patient_id=partner_patient_id)
    # A partner id never holds a NUL, which the database would refuse to look for.
    patient = None
    if PARTNER_ID.fullmatch(partner_patient_id):
        patient = (patients.select_for_update() if lock else patients).first()
    if patient is None:
        raise NotFound("Patient not found.")
    current_work().about_patient = patient.id
    return patient


def patient_for_session(*, actor: Actor, partner_patient_id: str) -> Patient:
    """The patient, made if new (inside an operation); raises `Invalid` for an impossible id."""
    if not PARTNER_ID.fullmatch(partner_patient_id):
        message = "Use 1 to 100 letters, digits and _ . : - (a letter or digit first)."
        raise Invalid(("patient_id", message, "invalid"))
    now = actor.now()
    fresh = Patient(
        tenant_id=actor.tenant_id,
        livemode=actor.livemode,
        partner_patient_id=partner_patient_id,
        created_at=now,
        updated_at=now,
    )
    # Two first sessions of one person may begin at once: one makes the row, both use it.
    Patient.objects.bulk_create([fresh], ignore_conflicts=True)
    patient = get_patient(actor, partner_patient_id, lock=True)
    if patient.id == fresh.id:
        record(actor=actor, action="patient.created", target_type="patient", target_id=patient.id)
    return patient


def _merged(kept: Sequence[str], added: Sequence[str]) -> list[str]:
    """The items of both in order, each once whatever its case; the spelling that came first stays."""
    items: dict[str, str] = {}
    for item in (*kept, *(text.strip() for text in added)):
        if item:
            items.setdefault(item.casefold(), item)
    return list(items.values())


@operation
def upsert_profile(*, actor: Actor, patient_id: str, **facts: Any) -> Patient:
    """Add to a patient's recorded facts, making the patient if new; null leaves a field unchanged.

    Raises `Invalid` for an impossible id and for a list that would grow beyond 200 items.
    """
    patient = patient_for_session(actor=actor, partner_patient_id=patient_id)
    changed = []
    for name in Patient.LISTS:
        added = facts.get(name)
        if added:
            merged = _merged(getattr(patient, name), added)
            if len(merged) > MAX_ITEMS:
                raise Invalid((name, f"A list holds at most {MAX_ITEMS} items.", "max_length"))
            if merged != getattr(patient, name):
                setattr(patient, name, merged)
                changed.append(name)
    for name in Patient.TEXTS:
        value = facts.get(name)
        if value is not None and value != getattr(patient, name):
            setattr(patient, name, value)
            changed.append(name)
    patient.updated_at = actor.now()
    patient.save()
    if changed:
        record(
            actor=actor,
            action="patient.updated",
            target_type="patient",
            target_id=patient.id,
            metadata={"fields": changed},
        )
    return patient


@operation
def rectify_patient(
    *, actor: Actor, patient_id: str, remove: Mapping[str, Sequence[str]], reason: str = ""
) -> Patient:
    """Take wrong facts out of a patient's lists (GDPR Art. 16), whatever their case.

    The reason may name the person, so the audit row says only that one was
    given. Raises `NotFound`, and `Invalid` for an item that is not recorded.
    """
    patient = get_patient(actor, patient_id, lock=True)
    changed = []
    for name, items in remove.items():
        kept = list(getattr(patient, name))
        unwanted = {item.strip().casefold() for item in items}
        if unwanted - {item.casefold() for item in kept}:
            raise Invalid((f"remove.{name}", "One of these is not recorded.", "invalid_choice"))
        if unwanted:
            setattr(patient, name, [item for item in kept if item.casefold() not in unwanted])
            changed.append(name)
    if changed:
        patient.updated_at = actor.now()
        patient.save()
        record(
            actor=actor,
            action="patient.rectified",
            target_type="patient",
            target_id=patient.id,
            metadata={"fields": changed, "has_reason": bool(reason)},
        )
    return patient


@operation
def erase_patient(*, actor: Actor, patient_id: str) -> dict[str, int]:
    """Remove a patient with all sessions (GDPR Art. 17); counts of what went. Raises `NotFound`.

    The counts stand in the audit row of the erasure too: the receipt.
    """
    # Sessions stand on patients; the erasure goes the other way, so it is looked up when it runs.
    from sessions_app.sessions.corrections import erase_sessions
    from sessions_app.sessions.models import Session

    patient = get_patient(actor, patient_id, lock=True)
    sessions_of_patient = Session.objects.for_actor(actor).filter(patient_id=patient.id)
    # Locked, so that an answer under way ends first and leaves no row behind.
    ids = list(sessions_of_patient.select_for_update().order_by("id").values_list("id", flat=True))
    # Before the sessions go, whose kept replies are the patient's too: they are counted here.
    calls, _ = IdempotentCall.objects.for_actor(actor).about_patient(patient.id).delete()
    removed = {"profiles": 1} | erase_sessions(actor, ids)
    removed["stored_replies"] += calls
    record(
        actor=actor,
        action="patient.erased",
        target_type="patient",
        target_id=patient.id,
        metadata={"deleted": removed},
    )
    Patient.objects.for_actor(actor).filter(id=patient.id).delete()
    current_work().about_patient = None
    return removed
