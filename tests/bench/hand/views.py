"""The answer endpoint as one view written by hand: cursors and redis-py, on the product's own tables.

What the recorded interviews never do is left out, because a branch that is
not taken costs nothing: patients' profiles, test keys, the balance's
thresholds.
"""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import orjson
import redis
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

import tenants.limits
from tenants.crypto import decrypt, encrypt, input_digest, key_hash
from tests.bench import consultation
from tests.bench.hand import rows
from tests.bench.hand.refusals import Refused

PRICE, SKIP_PRICE = 8, 0
DAY = timedelta(days=1)
MESSAGE = ("raw_text", "extracted_fields", "extracted_flags")
client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.25, socket_connect_timeout=0.25)
window = client.register_script((Path(tenants.limits.__path__[0]) / "window.lua").read_text())


def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"{}")


def answer(request: HttpRequest, session_id: UUID) -> HttpResponse:
    started = time.perf_counter()
    try:
        caller = authenticate(request)
        headers = admit(caller)
        said = orjson.loads(request.body)
        check(said)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(caller["tenant_id"])])
            body, tokens = once(cursor, request, caller, session_id, said, started)
    except Refused as refused:
        return HttpResponse(orjson.dumps({"error": {"code": refused.code}}), status=refused.status)
    except orjson.JSONDecodeError:
        return HttpResponse(b'{"error":{"code":"bad_request"}}', status=400)
    headers |= {"X-NessyAPI-Tokens-Charged": str(tokens), "Content-Length": str(len(body))}
    return HttpResponse(body, content_type="application/json", headers=headers)


def authenticate(request: HttpRequest) -> dict[str, Any]:
    scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme != "Bearer":
        raise Refused(401, "unauthorized")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM key_actor(%s)", [key_hash(key, 1)])
        names = [column.name for column in cursor.description or ()]
        caller: dict[str, Any] = dict(zip(names, cursor.fetchone() or (), strict=True))
    now = timezone.now()
    ends = [caller["revoked_at"], caller["expires_at"], caller["suspended_at"]]
    if caller["key_id"] is None or any(end is not None and end <= now for end in ends):
        raise Refused(401, "unauthorized")
    if "sessions:write" not in caller["scopes"]:
        raise Refused(403, "forbidden")
    caller["now"], caller["request_id"] = now, str(uuid4())
    caller["ip"] = request.META.get("REMOTE_ADDR", "")
    return caller


def admit(caller: dict[str, Any]) -> dict[str, str]:
    limit = caller["rate_limit_rpm"]
    reply = window(keys=[f"nessy:window:key:{caller['key_id']}"], args=[limit, 1])
    admitted, used, oldest, now = (int(part) for part in cast("list[int | bytes]", reply))
    if not admitted:
        raise Refused(429, "rate_limited")
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(limit - used),
        "X-RateLimit-Reset": str(ceil((oldest or now) / 1e6 + 60)),
        "X-Request-ID": caller["request_id"],
        "Cache-Control": "no-store",
    }


def check(said: Any) -> None:
    if not isinstance(said, dict) or not 1 <= len(str(said.get("question_id", ""))) <= 100:
        raise Refused(422, "validation_error")
    text, fields = said.get("raw_text"), said.get("extracted_fields") or {}
    flags, sureness = said.get("extracted_flags") or [], said.get("field_confidences") or {}
    is_right = (
        isinstance(said["question_id"], str)
        and (text is None or (isinstance(text, str) and len(text) <= 4000))
        and isinstance(fields, dict)
        and isinstance(flags, list)
        and all(isinstance(flag, str) for flag in flags)
        and isinstance(sureness, dict)
        and all(isinstance(value, (int, float)) and 0 <= value <= 1 for value in sureness.values())
        and (text is not None or fields or flags or said.get("skip") is True)
    )
    if not is_right:
        raise Refused(422, "validation_error")


def once(
    cursor: Any, request: HttpRequest, caller: dict[str, Any], session_id: UUID, said: Any, started: float
) -> tuple[bytes, int]:
    """The kept reply of the call, or a new one that is kept."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if not key:
        return take(cursor, caller, session_id, said, started)
    if len(key) > 255:
        raise Refused(422, "validation_error")
    content = b"\n".join([b"POST", request.path.encode(), request.body])
    fingerprint = hashlib.sha256(content).digest()
    tenant, live = caller["tenant_id"], caller["livemode"]
    cursor.execute(
        "SELECT is_busy, fingerprint, body, tokens_charged FROM claim_call(%s, %s, %s)", [tenant, live, key]
    )
    is_busy, kept_fingerprint, kept, tokens = cursor.fetchone()
    if is_busy:
        raise Refused(409, "conflict")
    if kept_fingerprint is not None:
        if bytes(kept_fingerprint) != fingerprint:
            raise Refused(422, "idempotency_key_reused")
        return decrypt(bytes(kept)), tokens
    body, tokens = take(cursor, caller, session_id, said, started)
    cursor.execute(
        """
        INSERT INTO tenants_idempotentcall
            (tenant_id, livemode, key, fingerprint, status, body, tokens_charged, session_id, expires_at)
        VALUES (%s, %s, %s, %s, 200, %s, %s, %s, %s)
        ON CONFLICT (tenant_id, livemode, key) DO UPDATE
        SET fingerprint = EXCLUDED.fingerprint, status = EXCLUDED.status, body = EXCLUDED.body,
            tokens_charged = EXCLUDED.tokens_charged, session_id = EXCLUDED.session_id,
            expires_at = EXCLUDED.expires_at
        """,
        [tenant, live, key, fingerprint, encrypt(body), tokens, session_id, caller["now"] + DAY],
    )
    return body, tokens


def take(
    cursor: Any, caller: dict[str, Any], session_id: UUID, said: Any, started: float
) -> tuple[bytes, int]:
    session = rows.locked_session(cursor, caller, session_id)
    is_skip = said.get("skip") is True
    message = {name: None if is_skip else said.get(name) for name in MESSAGE}
    parts = [said["question_id"], message, said.get("field_confidences"), is_skip]
    digest = input_digest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS))
    was_last = session["last_input"] is not None and bytes(session["last_input"]) == digest
    if was_last and caller["now"] - session["last_input_at"] < DAY:
        return reply(session_id, session, consultation.Heard({}, (), {}, ()), [], 0, started), 0
    answers = rows.answers_of(cursor, caller, session_id)
    question = consultation.question_asked(
        rows.case_of(session, answers), said["question_id"], session["current_question"]
    )
    if question is None:
        raise Refused(422, "validation_error")
    tokens = SKIP_PRICE if is_skip else PRICE
    rows.refuse_debt(cursor, caller, tokens)
    heard = consultation.hear(
        question,
        message["raw_text"] or "",
        message["extracted_fields"] or {},
        tuple(message["extracted_flags"] or ()),
        said.get("field_confidences") or {},
    )
    added = rows.new_answer(said["question_id"], message["raw_text"] or "", heard, answers, is_skip, tokens)
    events = recompute(session_id, session, heard, answers, added)
    is_clear = not added["is_unclear"]
    rows.save_session(cursor, caller, session_id, session, digest if is_clear else None, len(events))
    rows.save_answer(cursor, caller, session_id, session, added)
    rows.charge(cursor, caller, session_id, tokens, started)
    rows.announce(cursor, caller, session_id, session["event_sequence"], events)
    rows.audit(cursor, caller, session_id)
    warnings = [*heard.warnings, *([] if is_clear else [consultation.NOT_UNDERSTOOD])]
    if added["is_skipped"] and not is_skip:
        warnings = [*heard.warnings, consultation.SKIPPED_UNCLEAR]
    return reply(session_id, session, heard, warnings, tokens, started), tokens


def recompute(
    session_id: UUID,
    session: dict[str, Any],
    heard: consultation.Heard,
    answers: list[dict[str, Any]],
    added: dict[str, Any],
) -> list[tuple[str, dict[str, Any]]]:
    """Bring the session up to date; the events that follow."""
    before = session["triage_level"], session["red_flags"]
    age, sex = heard.findings.get("age"), heard.findings.get("sex")
    if isinstance(age, (int, float)):
        session["age"] = int(age)
    if isinstance(sex, str):
        session["sex"] = sex
    kept = [one for one in answers if one["question_id"] != added["question_id"]]
    session |= consultation.columns_of(consultation.outcome_of(rows.case_of(session, [*kept, added])))
    told = {
        "session_id": str(session_id),
        "chief_complaint": session["chief_complaint"],
        "status": session["status"],
        "questions_asked": session["questions_asked"],
        "triage_level": session["triage_level"],
        "question_id": added["question_id"],
        "skipped": added["is_skipped"],
    }
    return [*consultation.announcements(str(session_id), before, session), ("session.answered", told)]


def reply(
    session_id: UUID,
    session: dict[str, Any],
    heard: consultation.Heard,
    warnings: list[str],
    tokens: int,
    started: float,
) -> bytes:
    return orjson.dumps(
        {
            "session_id": str(session_id),
            "chief_complaint": session["chief_complaint"],
            "triage_level": session["triage_level"],
            "questions_asked": session["questions_asked"],
            "is_complete": session["current_question"] is None,
            "current_question": session["current_question"],
            "extracted_fields": heard.findings,
            "extracted_flags": heard.flags,
            "red_flags_detected": session["red_flags"],
            "warnings": warnings,
            "meta": {
                "tokens_charged": tokens,
                "processing_time_ms": round((time.perf_counter() - started) * 1000),
            },
        }
    )
