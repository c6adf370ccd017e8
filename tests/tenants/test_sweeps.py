from __future__ import annotations

import logging

import pytest

from tenants.audit.models import AuditEvent
from tenants.audit.tasks import verify_chains
from tenants.sweeps import sweep
from tenants.work import work_of
from tests.conftest import Cast


def test_failing_row_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    seen = []

    def act(row: int) -> bool:
        seen.append(row)
        if row == 2:
            raise RuntimeError("the words of a patient")
        return row != 3

    with caplog.at_level(logging.ERROR, logger="nessy.sweeps"):
        assert sweep([1, 2, 3, 4], act) == 2
    assert seen == [1, 2, 3, 4]
    assert [record.getMessage() for record in caplog.records] == ["a sweep left a row behind"]


def test_nightly_check_is_recorded_in_the_chain(alder: Cast) -> None:
    assert verify_chains() >= 1
    with work_of(alder.owner):
        event = AuditEvent.objects.for_actor(alder.owner).get(action="audit.verified")
    assert event.metadata["ok"] is True
    assert event.actor_type == "system"
    assert alder.api.get("/v1/admin/audit/verify").json()["ok"] is True
