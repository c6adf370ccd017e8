"""One operation, one transaction, one tenant."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from tenants import rls
from tenants.audit.models import AuditEvent
from tenants.audit.operations import record
from tenants.work import current_work, work_of
from tests.conftest import Cast


def test_nothing_is_recorded_outside_of_an_operation(alder: Cast) -> None:
    with pytest.raises(RuntimeError, match="no operation"):
        record(actor=alder.owner, action="x.y")
    with pytest.raises(RuntimeError):
        current_work()


def test_one_transaction_serves_one_tenant(alder: Cast, birch: Cast) -> None:
    with work_of(alder.owner), pytest.raises(RuntimeError, match="two tenants"), work_of(birch.owner):
        pass


def test_inner_operation_joins_the_outer_one(alder: Cast) -> None:
    with work_of(alder.owner) as outer, work_of(alder.owner) as inner:
        assert inner is outer


def test_failed_work_leaves_nothing(alder: Cast) -> None:
    events = AuditEvent.objects.using("system").filter(tenant_id=alder.owner.tenant_id)
    before = events.count()
    with pytest.raises(ZeroDivisionError), work_of(alder.owner):  # noqa: PT012
        record(actor=alder.owner, action="x.y")
        raise ZeroDivisionError
    assert events.count() == before


def test_system_role_must_see_every_tenant() -> None:
    rls.check_system_role()


@pytest.mark.parametrize(("role", "is_refused"), [("default", False), ("owner", True), ("system", True)])
def test_server_refuses_a_role_that_sees_through_the_policies(
    monkeypatch: pytest.MonkeyPatch, role: str, is_refused: bool
) -> None:
    monkeypatch.setattr(rls, "connection", connections[role])
    if is_refused:
        with pytest.raises(ImproperlyConfigured):
            rls.check_role()
    else:
        rls.check_role()
