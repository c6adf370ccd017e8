"""The answer endpoint of the usual parts: REST framework, its throttle, keys and request log as packages."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView
from rest_framework_api_key.permissions import (  # type: ignore[import-not-found]  # in the peer's own environment
    BaseHasAPIKey,
)
from rest_framework_tracking.mixins import LoggingMixin  # type: ignore[import-not-found]  # likewise

from tenants.crypto import decrypt, encrypt
from tests.bench.usual.answering import Conflict, answer_session
from tests.bench.usual.models import IdempotentCall, TenantKey
from tests.bench.usual.serializers import AnsweredOut, AnswerIn


def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


class HasTenantKey(BaseHasAPIKey):  # type: ignore[misc]  # likewise
    model = TenantKey


class KeyThrottle(SimpleRateThrottle):
    scope = "key"

    def get_cache_key(self, request: Request, view: Any) -> str:
        prefix = request.META["HTTP_AUTHORIZATION"].split()[1].partition(".")[0]
        return self.cache_format % {"scope": self.scope, "ident": prefix}


class AnswerView(LoggingMixin, APIView):  # type: ignore[misc]  # likewise
    permission_classes = [HasTenantKey]
    throttle_classes = [KeyThrottle]

    def post(self, request: Request, session_id: UUID) -> Response:
        started = time.perf_counter()
        # As the package's documentation has it.
        key = TenantKey.objects.get_from_key(request.META["HTTP_AUTHORIZATION"].split()[1])
        if "sessions:write" not in key.scopes:
            raise exceptions.PermissionDenied
        given = AnswerIn(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                return self._once(request, key, session_id, given.validated_data, started)
        except Conflict as error:
            return Response({"error": str(error)}, status=409)

    def _once(
        self, request: Request, key: Any, session_id: UUID, given: dict[str, Any], started: float
    ) -> Response:
        name = request.headers.get("Idempotency-Key")
        if not name:
            return Response(self._answer(request, key, session_id, given, started))
        content = f"{request.method} {request.path} {request.data}"
        fingerprint = hashlib.sha256(content.encode()).digest()
        # The unique constraint makes a second call wait for the first.
        call, is_new = IdempotentCall.objects.select_for_update().get_or_create(
            tenant=key.tenant, key=name, defaults={"fingerprint": fingerprint}
        )
        if not is_new:
            if bytes(call.fingerprint) != fingerprint:
                raise exceptions.ValidationError("This key was used for a different request.")
            return Response(json.loads(decrypt(bytes(call.body))))
        body = self._answer(request, key, session_id, given, started)
        call.body = encrypt(JSONRenderer().render(body))
        call.save()
        return Response(body)

    def _answer(
        self, request: Request, key: Any, session_id: UUID, given: dict[str, Any], started: float
    ) -> Any:
        step = answer_session(key=key, session_id=session_id, ip=request.META.get("REMOTE_ADDR", ""), **given)
        session = step.session
        return AnsweredOut(
            {
                "session_id": session.id,
                "chief_complaint": session.chief_complaint,
                "triage_level": session.triage_level,
                "questions_asked": session.questions_asked,
                "is_complete": session.current_question is None,
                "current_question": session.current_question,
                "extracted_fields": step.heard.findings,
                "extracted_flags": step.heard.flags,
                "red_flags_detected": session.red_flags,
                "warnings": step.warnings,
                "meta": {
                    "tokens_charged": step.tokens,
                    "processing_time_ms": round((time.perf_counter() - started) * 1000),
                },
            }
        ).data
