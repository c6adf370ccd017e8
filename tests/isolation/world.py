"""Two tenants who have one of everything, each in both modes, and the doors into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any
from uuid import uuid4

from django.utils import timezone

from tenants.keys.models import ApiKey
from tenants.mail.operations import queue_mail
from tenants.organisations.models import Member, Tenant
from tenants.rls import tenant_transaction
from tenants.traffic.operations import counter
from tests.conftest import Api, Cast
from tests.interviews import answer, begin, finalized
from tests.isolation.tables import contents
from tests.routes import Route

Ids = dict[str, str]
NOBODYS: Ids = {
    "session_id": "0192f0c1-0000-7000-8000-000000000000",
    "key_id": "0192f0c1-0000-7000-8000-000000000000",
    "patient_id": "nobody",
}
AUDIT_TRAIL = {"tenants_auditevent", "tenants_audithead"}
# By the last word of a path: valid for it, so that nothing but the caller or the object is refused.
BODIES: dict[str, dict[str, Any]] = {
    "answer": {"question_id": "q_symptom_duration", "raw_text": "2 hours"},
    "route": {"text": "cough"},
    "feedback": {"accuracy": "correct"},
    "demographics": {"age": 5},
    "sessions": {"chief_complaint": "headache", "age": 30, "sex": "female"},
    "keys": {"name": "made by the matrix"},
    "tier": {"tier": "scale"},
    "rate-limit": {"rate_limit_rpm": 4000},
}
# The same word ends the paths of a session and of a patient.
RECTIFICATIONS: dict[str, dict[str, Any]] = {
    "session_id": {"age": 5},
    "patient_id": {"remove": {"allergies": ["nuts"]}},
}


def body_of(route: Route) -> dict[str, Any] | None:
    if route.method == "GET":
        return None
    word = route.template.rsplit("/", 1)[1]
    if word == "rectify":
        return RECTIFICATIONS[route.parameters[0]]
    return BODIES.get(word, {})


def call(api: Api, route: Route, ids: Ids) -> Any:
    """The response; to the same request another object's would differ in nothing but the object."""
    return api.request(route.method, route.path(**ids), body_of(route), X_Request_ID="same")


@dataclass(frozen=True)
class Belongings:
    """The ids of what a tenant has in one mode, by path parameter."""

    ids: dict[str, list[str]]

    def choices(self, route: Route) -> Iterator[Ids]:
        """Every way to fill in the parameters of a path."""
        for chosen in product(*(self.ids[name] for name in route.parameters)):
            yield dict(zip(route.parameters, chosen, strict=True))

    def first(self, route: Route) -> Ids:
        return next(self.choices(route))


def fill(api: Api) -> Belongings:
    """Make one of everything that a tenant can have through the API."""
    patient = f"patient-{uuid4().hex[:12]}"
    api.put(f"/v1/patients/{patient}/profile", {"allergies": ["nuts"]})
    session = begin(api, patient_id=patient)
    answer(api, session, "none of these")
    closed = finalized(api, patient_id=patient)["session_id"]
    api.post(f"/v1/sessions/{closed}/feedback", {"accuracy": "correct"}, Idempotency_Key=patient)
    keys = [api.post("/v1/admin/keys", {"name": name}).json()["key_id"] for name in ("spare", "ended")]
    assert api.delete(f"/v1/admin/keys/{keys[1]}").status_code == 200
    return Belongings(
        {"session_id": [session["session_id"], closed], "key_id": keys, "patient_id": [patient]}
    )


def queue_a_mail(cast: Cast) -> None:
    with tenant_transaction(cast.owner.tenant_id):
        user = Member.objects.for_actor(cast.owner).select_related("user").get().user
    context = {"tenant": "Alder", "threshold": "low_20", "balance": 1, "initial_balance": 5}
    queue_mail(actor=cast.owner, user=user, template="low_balance", context=context)


class World:
    """Alder, to whom it all belongs, and Birch, who has the same of its own."""

    def __init__(self) -> None:
        # A tier with room for the many keys.
        self.alder, self.birch = (
            Cast(name, tier="enterprise") for name in ("Alder Clinic", "Birch Hospital")
        )
        self.live, _ = (fill(cast.api) for cast in (self.alder, self.birch))
        self.test, _ = (fill(cast.door(test=True)) for cast in (self.alder, self.birch))
        for cast in (self.alder, self.birch):
            queue_a_mail(cast)
        # Calls are counted in memory, and their sums written every few seconds.
        counter.flush()
        self._doors: dict[str, Api] = {}
        self._as_made = self.contents()

    def door(self, **key: Any) -> Api:
        """The API door for another key of Alder's, made once."""
        return self._kept(str(sorted(key.items())), lambda: self.alder.door(**key))

    def ended(self, **moment: datetime) -> Api:
        """The door for a key of Alder's that was good until this `revoked_at` or `expires_at`."""
        return self._kept(str(*moment), lambda: _key_until(self.alder, **moment))

    def suspended(self) -> Api:
        """The door for the key of a third tenant, whose workspace is suspended."""
        return self._kept("suspended", _suspended)

    def _kept(self, name: str, make: Callable[[], Api]) -> Api:
        if name not in self._doors:
            self._doors[name] = make()
            self._as_made = self.contents()
        return self._doors[name]

    def contents(self) -> list[dict[str, str]]:
        return [contents(cast.owner.tenant_id) for cast in (self.alder, self.birch)]

    def is_as_made(self) -> bool:
        """Whether nothing has changed but the audit trail, to which every reader adds."""
        return all(
            found[table] == made[table]
            for found, made in zip(self.contents(), self._as_made, strict=True)
            for table in found.keys() - AUDIT_TRAIL
        )


def _key_until(cast: Cast, **moment: datetime) -> Api:
    api = cast.door()
    key_id = api.get("/v1/me").json()["key"]["key_id"]
    with tenant_transaction(cast.owner.tenant_id):
        assert ApiKey.objects.for_actor(cast.owner).filter(id=key_id).update(**moment) == 1
    return api


def _suspended() -> Api:
    cedar = Cast("Cedar Practice")
    with tenant_transaction(cedar.owner.tenant_id):
        Tenant.objects.filter(id=cedar.owner.tenant_id).update(suspended_at=timezone.now())
    return cedar.api


_worlds: list[World] = []


def world_as_made() -> World:
    """The same world for every test, made anew after one that changed it."""
    if not _worlds or not _worlds[-1].is_as_made():
        _worlds[:] = [World()]
    return _worlds[-1]


def forget_world() -> None:
    _worlds.clear()
