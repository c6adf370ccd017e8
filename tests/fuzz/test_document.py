"""Requests made up from the OpenAPI document, through WSGI: whatever is sent, the reply is documented."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from ipaddress import ip_address
from typing import Any

import pytest
import schemathesis
from django.http import HttpResponse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, Response
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from sessions_app.patients.endpoints import DeletePatient
from sessions_app.sessions.endpoints import AnswerSession, EraseSession, FinalizeSession
from tenants.keys.endpoints import RevokeKey, RotateKey
from tests.document import assert_documented, document
from tests.fuzz.samples import SAME
from tests.fuzz.world import CREDENTIALS, EVERY_SCOPE, PARAMETERS, World
from tests.routes import Route, all_routes

POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
EXAMPLES = 20
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
# After these the object named in the path is of no more use.
ENDS_OBJECT = (DeletePatient, EraseSession, FinalizeSession, RevokeKey, RotateKey)
# A failure is shown as it was sent: the world has moved on since, so nothing smaller can be searched for.
ON_THE_MOVE = settings(SAME, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The product, called from another address each time: refused calls are counted by address."""
    environ["REMOTE_ADDR"] = str(ip_address(secrets.randbits(120) | 0xFD << 120))
    # It asks the database when it is imported.
    reply: Iterable[bytes] = import_module("config.wsgi").application(environ, start_response)
    return reply


@cache
def surface() -> Any:
    schema = schemathesis.openapi.from_dict(document())
    schema.app = application
    return schema


class Sender:
    """Sends cases of one route with one credential."""

    def __init__(self, route: Route, credential: str) -> None:
        self.route = route
        self.credential = credential
        self.world = World(credential)
        self.checks = [*CHECKS, ignored_auth]

    def send(self, case: Case[Any], choice: int) -> None:
        """Send it as it is or, more often, to objects that there are; hold the reply against the document."""
        if choice:
            self._lead_somewhere(case, choice)
        headers = {"Authorization": f"Bearer {self.world.key}"}
        response = case.call_and_validate(headers=headers, checks=self.checks)
        if response.headers["content-type"] == ["application/json"]:
            told = HttpResponse(response.content, status=response.status_code)
            assert_documented(case.method, self.route.template, told)
        assert response.headers["x-request-id"]
        self._clean_up(response)

    def _lead_somewhere(self, case: Case[Any], choice: int) -> None:
        for parameter in PARAMETERS & case.path_parameters.keys():
            case.path_parameters[parameter] = self.world.id_for(parameter, choice)
        if choice == 1:
            # Made-up keys repeat, and one that was used before hides what lies behind it.
            case.headers.pop("Idempotency-Key", None)
        if self.route.endpoint is AnswerSession and isinstance(case.body, dict):
            case.body["question_id"] = self.world.question_of(case.path_parameters["session_id"])
            case.body.setdefault("raw_text", "no")

    def _clean_up(self, response: Response) -> None:
        if response.status_code >= 300:
            return
        # Asking once is enough: each time costs two more requests.
        self.checks = CHECKS
        if self.route.endpoint.is_tenant_wide:
            self.world = World(self.credential)
        elif self.route.endpoint in ENDS_OBJECT:
            self.world.forget()


@pytest.mark.parametrize("route", all_routes(), ids=str)
def test_path_leads_to_an_object(route: Route) -> None:
    assert set(re.findall(r"{(\w+)}", route.template)) <= PARAMETERS


@pytest.mark.parametrize("route", all_routes(), ids=str)
def test_request_at_the_bounds_is_answered_as_documented(route: Route) -> None:
    schema = surface()
    sender = Sender(route, EVERY_SCOPE)
    cases = schema.iter_coverage_cases(
        schema[route.template][route.method],
        generation_modes=[POSITIVE, NEGATIVE],
        generation_config=schema.config.generation,
    )
    for number, case in enumerate(cases):
        sender.send(case, number % 4)


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("route", all_routes(), ids=str)
def test_random_request_is_answered_as_documented(route: Route, credential: str) -> None:
    operation = surface()[route.template][route.method]
    sender = Sender(route, credential)

    @settings(ON_THE_MOVE, max_examples=EXAMPLES if credential == EVERY_SCOPE else EXAMPLES // 4)
    @given(
        case=st.one_of([operation.as_strategy(mode) for mode in (POSITIVE, POSITIVE, NEGATIVE)]),
        choice=st.integers(0, 3),
    )
    def send(case: Case[Any], choice: int) -> None:
        sender.send(case, choice)

    send()
