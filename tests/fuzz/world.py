"""A tenant whose sessions, patient and keys the made-up requests meet."""

from __future__ import annotations

from collections.abc import Mapping
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
SESSIONS = ("begun", "answered", "finalized")
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
        if parameter == "session_id":
            state = SESSIONS[choice % len(SESSIONS)]
            return self._made.get(state) or self._make(state, self._session(state))
        if parameter == "patient_id":
            return self._made.get(parameter) or self._make(parameter, self._patient())
        return self._made.get(parameter) or self._make(parameter, self._key())

    def question_of(self, session_id: str) -> str | None:
        """The question that the session waits for an answer to."""
        state = self.maker.get(f"/v1/sessions/{session_id}/state").json()
        return state["current_question"]["question_id"] if state["current_question"] else None

    def forget(self) -> None:
        self._made.clear()

    def _make(self, name: str, made: str) -> str:
        self._made[name] = made
        return made

    def _session(self, state: str) -> str:
        if state == "finalized":
            return str(finalized(self.maker, patient_id=PATIENT)["session_id"])
        session = begin(self.maker, patient_id=PATIENT)
        if state == "answered":
            assert answer(self.maker, session, "yes, for two hours").status_code == 200
        return str(session["session_id"])

    def _patient(self) -> str:
        facts = {"chronic_conditions": ["diabetes"], "smoking_status": "current"}
        assert self.maker.put(f"/v1/patients/{PATIENT}/profile", facts).status_code == 200
        return PATIENT

    def _key(self) -> str:
        made = self.maker.post("/v1/admin/keys", {"name": "spare", "scopes": ["sessions:read"]})
        assert made.status_code == 201, made.content
        return str(made.json()["key_id"])
