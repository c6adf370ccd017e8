"""A tenant whose sessions, patient and keys the made-up requests meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tenants.scopes import KEY_SCOPES
from tests.conftest import Api
from tests.factories import make_key, make_tenant
from tests.interviews import answer, begin, finalized

EVERY_SCOPE = "every scope"
CREDENTIALS: Mapping[str, Mapping[str, Any]] = {
    EVERY_SCOPE: {},
    "reads only": {"scopes": [scope for scope in KEY_SCOPES if scope.endswith(":read")]},
    "sessions only": {"scopes": ["sessions:read", "sessions:write"]},
    "test key": {"test": True},
}
PATIENT = "P-1"


class World:
    """Its objects are made when first asked for, and again after `forget`."""

    def __init__(self, credential: str) -> None:
        # The largest tier, so that no limit but the documented ones is in the way.
        self.owner = make_tenant(tier="enterprise")
        self.key = make_key(owner=self.owner, **CREDENTIALS[credential])
        self.maker = Api(make_key(owner=self.owner, test="test" in CREDENTIALS[credential]))
        self._made: dict[str, str] = {}

    def id_for(self, parameter: str, choice: int) -> str:
        """The id of an object for the path's parameter; of a session, one of three by choice."""
        name = SESSIONS[choice % len(SESSIONS)] if parameter == "session_id" else parameter
        if name not in self._made:
            self._made[name] = MAKERS[name](self)
        return self._made[name]

    def question_of(self, session_id: str) -> str | None:
        """The question that the session waits for an answer to."""
        state = self.maker.get(f"/v1/sessions/{session_id}/state").json()
        return state["current_question"]["question_id"] if state["current_question"] else None

    def forget(self) -> None:
        self._made.clear()


def begun(world: World) -> str:
    return str(begin(world.maker, patient_id=PATIENT)["session_id"])


def answered(world: World) -> str:
    session = begin(world.maker, patient_id=PATIENT)
    assert answer(world.maker, session, "yes, for two hours").status_code == 200
    return str(session["session_id"])


def closed(world: World) -> str:
    return str(finalized(world.maker, patient_id=PATIENT)["session_id"])


def patient(world: World) -> str:
    facts = {"chronic_conditions": ["diabetes"], "smoking_status": "current"}
    assert world.maker.put(f"/v1/patients/{PATIENT}/profile", facts).status_code == 200
    return PATIENT


def spare_key(world: World) -> str:
    made = world.maker.post("/v1/admin/keys", {"name": "spare", "scopes": ["sessions:read"]})
    assert made.status_code == 201, made.content
    return str(made.json()["key_id"])


SESSIONS = ("begun", "answered", "finalized")
MAKERS: Mapping[str, Callable[[World], str]] = {
    "begun": begun,
    "answered": answered,
    "finalized": closed,
    "patient_id": patient,
    "key_id": spare_key,
}
# What a path may name; an id in a new route needs somebody who makes its object.
PARAMETERS = {"session_id", *MAKERS} - set(SESSIONS)
