"""Every statement names the tenant, and the mode where there are two.

A row reached by the id of another row of the tenant is safe without it, so no
stranger would see the difference; but the lock is then left to others, and the
indexes, which start with the tenant, to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from billing.ledger.operations import BalanceTooLow, debit, grant_month
from sessions_app.demo.history import live_through
from sessions_app.overview.queries import identity
from sessions_app.sessions.corrections import expire_session
from sessions_app.sessions.models import Feedback
from tenants.actor import Actor, system_actor
from tenants.mail.models import Mail
from tenants.mail.operations import send_due_mail
from tenants.work import operation, work_of
from tests.conftest import Cast
from tests.factories import set_balance
from tests.interviews import answer, begin
from tests.isolation.statements import Watch, unscoped
from tests.isolation.world import World, call, fill
from tests.routes import Route, all_routes

TENANT = '"sessions_app_session"."tenant_id" = %s'
MODE = '"sessions_app_session"."livemode"'


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Held at the end against what the test has sent."""
    watch = Watch()
    with connection.execute_wrapper(watch):
        yield watch
    assert watch.found == []


@pytest.fixture
def clerk(alder: Cast) -> Actor:
    """The owner, acting now."""
    return replace(alder.owner, at=None)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ('SELECT 1 FROM "sessions_app_answer" WHERE "sessions_app_answer"."tenant_id" = %s', ""),
        ('SELECT "sessions_app_answer"."tenant_id" FROM "sessions_app_answer"', "no tenant"),
        ('DELETE FROM "sessions_app_answer" WHERE "sessions_app_answer"."id" IN (%s)', "no tenant"),
        ('SELECT 1 FROM "tenants_user" WHERE "tenants_user"."id" = %s', ""),
        ('SELECT 1 FROM "sessions_app_session" WHERE "sessions_app_session"."tenant_id" = %s', "no mode"),
        ('SELECT 1 FROM "tenants_apikey" WHERE id IN (SELECT 1 FROM "tenants_member" U0)', "no tenant"),
        (f'DELETE FROM "sessions_app_session" WHERE {TENANT} AND TRUE', "no mode"),  # noqa: S608
        (f'DELETE FROM "sessions_app_session" WHERE ({TENANT} AND NOT {MODE})', ""),  # noqa: S608
    ],
)
def test_watch_tells_what_a_statement_leaves_out(sql: str, told: str, database: None) -> None:
    assert unscoped(sql).partition(":")[0] == told


def in_order(route: Route) -> tuple[bool, bool]:
    """What ends things comes last."""
    return route.method == "DELETE", route.template.endswith("finalize")


def test_routes_leave_nothing_out(world: World, watch: Watch) -> None:
    for route in sorted(all_routes(), key=in_order):
        for ids in world.live.choices(route):
            # Closed and ended ones are conflicts, and the erased patient's sessions are gone.
            assert call(world.alder.api, route, ids).status_code in (200, 201, 404, 409), route


def test_erasure_of_a_patient_leaves_nothing_out(alder: Cast, watch: Watch) -> None:
    patient = fill(alder.api).ids["patient_id"][0]
    deleted = alder.api.delete(f"/v1/patients/{patient}").json()["deleted"]
    assert {kind for kind, count in deleted.items() if not count} == set()


def test_clearing_an_answer_leaves_nothing_out(alder: Cast, watch: Watch) -> None:
    session = begin(alder.api)
    answer(alder.api, session, "none of these")
    cleared = [session["current_question"]["question_id"]]
    path = f"/v1/sessions/{session['session_id']}/rectify"
    assert alder.api.patch(path, {"clear_answers": cleared}).status_code == 200


def test_expiry_leaves_nothing_out(alder: Cast, watch: Watch) -> None:
    session_id = begin(alder.api)["session_id"]
    sweep = system_actor(alder.owner.tenant_id, at=timezone.now() + timedelta(days=2))
    assert expire_session(actor=sweep, session_id=session_id)


def test_monthly_grant_leaves_nothing_out(clerk: Actor, watch: Watch) -> None:
    assert grant_month(actor=replace(clerk, at=timezone.now() + timedelta(days=40))) is not None


def test_low_balance_and_its_mail_leave_nothing_out(alder: Cast, clerk: Actor, watch: Watch) -> None:
    set_balance(owner=clerk, tokens=10)
    answer(alder.api, begin(alder.api))
    with work_of(clerk):
        ids = list(Mail.objects.for_actor(clerk).values_list("id", flat=True))
    assert [send_due_mail(actor=clerk, mail_id=mail_id) for mail_id in ids] == [True] * len(ids)
    assert ids


def test_debit_that_comes_too_late_leaves_nothing_out(clerk: Actor, watch: Watch) -> None:
    set_balance(owner=clerk, tokens=10)

    @operation
    def answer_twice(*, actor: Actor) -> None:
        for _ in range(2):
            debit(actor=actor, action="answer", session_id=uuid4())

    with pytest.raises(BalanceTooLow):
        answer_twice(actor=clerk)


def test_identity_of_a_member_leaves_nothing_out(clerk: Actor, watch: Watch) -> None:
    with work_of(clerk):
        assert identity(actor=clerk)["member"]["role"] == "owner"


def test_demo_leaves_nothing_out(clerk: Actor, watch: Watch) -> None:
    key = replace(clerk, kind="key")
    live_through(live=key, test=replace(key, livemode=False), now=timezone.now(), sessions=9)
    # Given in the demo only to what it has looked up.
    with work_of(clerk):
        assert Feedback.objects.for_actor(clerk).exists()
