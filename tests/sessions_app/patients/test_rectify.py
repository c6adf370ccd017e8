from __future__ import annotations

import pytest

from tenants.audit.models import AuditEvent
from tenants.work import work_of
from tests.conftest import Cast

PATH = "/v1/patients/P-1"


def test_wrong_allergy_can_be_taken_out(alder: Cast) -> None:
    alder.api.put(f"{PATH}/profile", {"allergies": ["Penicillin", "pollen"]})
    reply = alder.api.post(
        f"{PATH}/rectify", {"remove": {"allergies": ["penicillin"]}, "reason": "Jan was wrong"}
    )
    assert reply.status_code == 200
    assert reply.json()["allergies"] == ["pollen"]
    assert alder.api.get(f"{PATH}/profile").json()["allergies"] == ["pollen"]
    with work_of(alder.owner):
        event = AuditEvent.objects.for_actor(alder.owner).get(action="patient.rectified")
    assert event.metadata == {"fields": ["allergies"], "has_reason": True}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "remove"),
        ({"remove": []}, "remove"),
        ({"remove": {"allergies": "pollen"}}, "remove.allergies"),
        ({"remove": {"allergies": ["cats"]}}, "remove.allergies"),
    ],
)
def test_rectify_names_what_is_wrong_and_changes_nothing(alder: Cast, body: object, field: str) -> None:
    alder.api.put(f"{PATH}/profile", {"allergies": ["pollen"]})
    refused = alder.api.post(f"{PATH}/rectify", body)
    assert refused.status_code == 422
    named = [error["field"].split(".")[0:2] for error in refused.json()["error"]["detail"]["field_errors"]]
    assert field.split(".") in named
    assert alder.api.get(f"{PATH}/profile").json()["allergies"] == ["pollen"]


def test_unknown_patient_cannot_be_rectified(alder: Cast) -> None:
    assert alder.api.post(f"{PATH}/rectify", {"remove": {"allergies": ["pollen"]}}).status_code == 404
