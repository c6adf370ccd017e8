"""One Endpoint class, several doors: what a request may, takes, does and gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, ClassVar

from django.db import OperationalError
from psycopg import errors as pg_errors
from rest_framework import serializers

from config.errors import Invalid, field_errors
from config.rendering import to_json
from tenants.actor import Actor
from tenants.audit.operations import record, record_read
from tenants.limits.operations import claim_call, keep_answer
from tenants.work import Work, work_of

# A deadlock's victim may simply be run again; its transaction left nothing behind.
ATTEMPTS = 3
CHARGED_HEADER = "X-NessyAPI-Tokens-Charged"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    # Chunks for a download, which are read after the transaction.
    body: bytes | Iterator[bytes]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """The Idempotency-Key of a request and what identifies the request under it."""

    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, key: str, method: str, path: str, body: bytes) -> Call:
        """Raise `Invalid` for a key that is not 1–255 printable characters."""
        if not (1 <= len(key) <= 255 and key.isprintable()):
            raise Invalid(("Idempotency-Key", "Use 1 to 255 printable characters.", "invalid"))
        return cls(key, hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).digest())

    def within(self, scopes: Iterable[str]) -> Call:
        """The same call, whose kept reply only a caller with the same scopes gets again."""
        return replace(self, fingerprint=hashlib.sha256(self.fingerprint + to_json(sorted(scopes))).digest())


@cache
def _reader(takes: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    # A serializer copies its fields when it is made; reading leaves no trace in it, so one serves all
    # threads. It has no `initial_data`: what needs the input as it was sent overrides `to_internal_value`.
    reader = takes()
    _ = reader.fields
    return reader


class Endpoint:
    """A subclass names its scope, input, operation and output; the doors do the rest."""

    # None: any valid credential of the tenant.
    scope: ClassVar[str | None]
    takes: ClassVar[type[serializers.Serializer[Any]] | None] = None
    # Describes the reply for the OpenAPI document; a test holds real replies against it.
    gives: ClassVar[type[serializers.Serializer[Any]] | None] = None
    gives_many: ClassVar[bool] = False
    # Not class variables to the type checker, which would bind them as methods.
    operation: Callable[..., Any]
    # The operation's result -> JSON values.
    shape: Callable[[Any], Any] = staticmethod(lambda result: result)
    # The operation's result -> headers of the reply.
    headers: Callable[[Any], dict[str, str]] = staticmethod(lambda result: {})
    status: ClassVar[int] = 200
    # An endpoint that gives data of patients names the act of reading it.
    audits: ClassVar[str | None] = None
    # By a key: recorded once per hour and object.
    audits_hourly: ClassVar[bool] = False
    # May cost tokens: the reply says how many in header and `meta`.
    is_charged: ClassVar[bool] = False
    has_meta: ClassVar[bool] = False
    # `shape` gives an iterator of bytes, `headers` its Content-Type.
    is_stream: ClassVar[bool] = False
    # Off for a POST that only reads: a kept page of many patients would be missed by an erasure.
    keeps_reply: ClassVar[bool] = True
    # The reply holds a credential: a replay must not hand it to somebody who could not have made it.
    shows_secret: ClassVar[bool] = False
    # Test keys are refused: the act concerns the tenant as a whole.
    is_tenant_wide: ClassVar[bool] = False
    # Fields that are still taken from the query string.
    deprecated_query: ClassVar[frozenset[str]] = frozenset()
    # Filled by `route`.
    methods: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def validate(cls, data: Any) -> dict[str, Any]:
        """The input as arguments; raises `Invalid` naming each wrong field."""
        if cls.takes is None:
            return {}
        if not isinstance(data, Mapping):
            raise Invalid(("", "The body must be a JSON object.", "invalid"))
        try:
            return dict(_reader(cls.takes).run_validation(data))
        except serializers.ValidationError as error:
            raise Invalid(*field_errors(error.detail)) from None

    @classmethod
    def perform(
        cls, actor: Actor, data: Any, path: Mapping[str, Any] | None = None, call: Call | None = None
    ) -> Reply:
        """Check, run and answer one request; the door has authenticated, counted and checked the scope."""
        arguments = cls.validate(data) | dict(path or {})
        call = call if cls.keeps_reply else None
        if call is not None and cls.shows_secret:
            call = call.within(actor.scopes)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return cls._run(actor, arguments, call)
            except OperationalError as error:
                is_victim = isinstance(
                    error.__cause__, (pg_errors.DeadlockDetected, pg_errors.SerializationFailure)
                )
                if not is_victim or attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    @classmethod
    def _run(cls, actor: Actor, arguments: dict[str, Any], call: Call | None) -> Reply:
        with work_of(actor) as work:
            if call is not None:
                kept = claim_call(actor=actor, key=call.key, fingerprint=call.fingerprint)
                if kept is not None:
                    headers = cls._headers(kept.tokens_charged) | {"Idempotency-Replayed": "true"}
                    return Reply(kept.status, kept.body, headers)
            result = cls.operation(actor=actor, **arguments)
            if cls.audits:
                cls._audit_read(actor, cls.audits, work)
            if cls.is_stream:
                return Reply(cls.status, cls.shape(result), cls.headers(result))
            body = to_json(cls._body(result, work))
            if call is not None:
                keep_answer(
                    actor=actor, key=call.key, fingerprint=call.fingerprint, status=cls.status, body=body
                )
            return Reply(cls.status, body, cls._headers(work.tokens_charged) | cls.headers(result))

    @classmethod
    def _audit_read(cls, actor: Actor, action: str, work: Work) -> None:
        target_id = work.about_session or work.about_patient or actor.tenant_id
        target_type = "session" if work.about_session else "patient" if work.about_patient else "tenant"
        write = record_read if cls.audits_hourly else record
        write(actor=actor, action=action, target_type=target_type, target_id=target_id)

    @classmethod
    def _body(cls, result: Any, work: Work) -> Any:
        body = cls.shape(result)
        if cls.has_meta:
            body["meta"] = {
                "tokens_charged": work.tokens_charged or 0,
                "processing_time_ms": work.milliseconds(),
            }
        return body

    @classmethod
    def _headers(cls, tokens_charged: int | None) -> dict[str, str]:
        return {CHARGED_HEADER: str(tokens_charged or 0)} if cls.is_charged else {}
