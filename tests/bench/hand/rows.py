"""The statements of the view, one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from sessions_app.triage.case import Case
from tenants.ids import uuid7
from tests.bench import consultation
from tests.bench.hand.refusals import Refused

DAY = timedelta(days=1)


def locked_session(cursor: Any, caller: dict[str, Any], session_id: UUID) -> dict[str, Any]:
    cursor.execute(
        """
        SELECT status, expires_at, chief_complaint, age, sex, intake, triage_level, red_flags,
               questions_asked, current_question, event_sequence, last_input, last_input_at
        FROM sessions_app_session WHERE tenant_id = %s AND livemode = %s AND id = %s FOR UPDATE
        """,
        [caller["tenant_id"], caller["livemode"], session_id],
    )
    found = cursor.fetchone()
    if found is None:
        raise Refused(404, "not_found")
    session: dict[str, Any] = dict(zip((one.name for one in cursor.description), found, strict=True))
    if session["status"] != "active" or session["expires_at"] <= caller["now"]:
        raise Refused(409, "conflict")
    session["intake"] = orjson.loads(session["intake"])
    session["current_question"] = orjson.loads(session["current_question"] or "null")
    return session


def answers_of(cursor: Any, caller: dict[str, Any], session_id: UUID) -> list[dict[str, Any]]:
    cursor.execute(
        """
        SELECT id, place, question_id, findings, flags, confidences, is_skipped, is_unclear, tokens_charged
        FROM sessions_app_answer WHERE tenant_id = %s AND session_id = %s ORDER BY place
        """,
        [caller["tenant_id"], session_id],
    )
    names = [one.name for one in cursor.description]
    answers = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for one in answers:
        one["findings"], one["confidences"] = orjson.loads(one["findings"]), orjson.loads(one["confidences"])
    return answers


def case_of(session: dict[str, Any], answers: Iterable[dict[str, Any]]) -> Case:
    entries = [
        consultation.entry_of(
            one["question_id"],
            one["findings"],
            one["flags"],
            one["confidences"],
            is_skipped=one["is_skipped"],
            is_unclear=one["is_unclear"],
        )
        for one in answers
    ]
    return consultation.case_of(
        session["chief_complaint"], session["age"], session["sex"], session["intake"], entries
    )


def refuse_debt(cursor: Any, caller: dict[str, Any], tokens: int) -> None:
    cursor.execute(
        """
        SELECT balance - %s >= -(initial_balance * grace_percent / 100)
        FROM billing_tokenbalance WHERE tenant_id = %s
        """,
        [tokens, caller["tenant_id"]],
    )
    if cursor.fetchone() != (True,):
        raise Refused(402, "payment_required")


def new_answer(
    question_id: str,
    text: str,
    heard: consultation.Heard,
    answers: list[dict[str, Any]],
    is_skip: bool,
    tokens: int,
) -> dict[str, Any]:
    """The row of what was said; nothing is unclear the first time, and a skip the second."""
    former = next((one for one in answers if one["question_id"] == question_id), None)
    is_empty = not is_skip and not heard.findings and not heard.flags
    was_reasked = former is not None and former["is_unclear"]
    return {
        "id": former["id"] if former else None,
        "place": max((one["place"] for one in answers if one is not former), default=0) + 1,
        "question_id": question_id,
        "raw_text": text,
        "findings": heard.findings,
        "flags": list(heard.flags),
        "confidences": heard.confidences,
        "is_skipped": is_skip or (is_empty and was_reasked),
        "is_unclear": is_empty and not was_reasked,
        "tokens_charged": tokens + (former["tokens_charged"] if former else 0),
    }


def save_session(
    cursor: Any,
    caller: dict[str, Any],
    session_id: UUID,
    session: dict[str, Any],
    digest: bytes | None,
    events: int,
) -> None:
    now = caller["now"]
    question = session["current_question"]
    cursor.execute(
        """
        UPDATE sessions_app_session
        SET age = %s, sex = %s, triage_level = %s, active_branches = %s, red_flags = %s,
            questions_asked = %s, current_question = %s, primary_diagnosis = %s, primary_diagnosis_icd = %s,
            primary_probability = %s, engine_version = %s, knowledge_version = %s,
            event_sequence = event_sequence + %s, last_input = %s, last_input_at = %s, updated_at = %s,
            expires_at = %s
        WHERE tenant_id = %s AND id = %s
        """,
        [
            *(session[name] for name in ("age", "sex", "triage_level", "active_branches", "red_flags")),
            session["questions_asked"],
            orjson.dumps(question).decode() if question else None,
            *(session[f"primary_{name}"] for name in ("diagnosis", "diagnosis_icd", "probability")),
            session["engine_version"],
            session["knowledge_version"],
            *(events, digest, now if digest else None, now, now + DAY),
            *(caller["tenant_id"], session_id),
        ],
    )


def save_answer(
    cursor: Any, caller: dict[str, Any], session_id: UUID, session: dict[str, Any], added: dict[str, Any]
) -> None:
    cursor.execute(
        """
        INSERT INTO sessions_app_answer
            (tenant_id, session_id, place, question_id, raw_text, findings, flags, confidences, is_skipped,
             is_unclear, tokens_charged, triage_level, request_id, answered_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (tenant_id, session_id, question_id) DO UPDATE
        SET place = EXCLUDED.place, raw_text = EXCLUDED.raw_text, findings = EXCLUDED.findings,
            flags = EXCLUDED.flags, confidences = EXCLUDED.confidences, is_skipped = EXCLUDED.is_skipped,
            is_unclear = EXCLUDED.is_unclear, tokens_charged = EXCLUDED.tokens_charged,
            triage_level = EXCLUDED.triage_level, request_id = EXCLUDED.request_id,
            answered_at = EXCLUDED.answered_at
        """,
        [
            *(caller["tenant_id"], session_id, added["place"], added["question_id"], added["raw_text"]),
            orjson.dumps(added["findings"]).decode(),
            added["flags"],
            orjson.dumps(added["confidences"]).decode(),
            *(added["is_skipped"], added["is_unclear"], added["tokens_charged"]),
            *(session["triage_level"], caller["request_id"], caller["now"]),
        ],
    )


def charge(cursor: Any, caller: dict[str, Any], session_id: UUID, tokens: int, started: float) -> None:
    cursor.execute(
        """
        INSERT INTO billing_usagerecord
            (id, tenant_id, livemode, session_id, key_id, action, tokens_charged, request_id, latency_ms,
             created_at)
        VALUES (%s, %s, %s, %s, %s, 'answer', %s, %s, %s, %s)
        """,
        [
            *(uuid7(), caller["tenant_id"], caller["livemode"], session_id, caller["key_id"], tokens),
            *(caller["request_id"], round((time.perf_counter() - started) * 1000), caller["now"]),
        ],
    )
    if not tokens:
        return
    cursor.execute(
        """
        UPDATE billing_tokenbalance
        SET balance = balance - %(tokens)s, lifetime_used = lifetime_used + %(tokens)s
        WHERE tenant_id = %(tenant)s AND balance - %(tokens)s >= -(initial_balance * grace_percent / 100)
        """,
        {"tokens": tokens, "tenant": caller["tenant_id"]},
    )
    if cursor.rowcount != 1:
        raise Refused(402, "payment_required")


def announce(
    cursor: Any,
    caller: dict[str, Any],
    session_id: UUID,
    sequence: int,
    events: list[tuple[str, dict[str, Any]]],
) -> None:
    for number, (name, data) in enumerate(events, start=sequence + 1):
        cursor.execute(
            """
            INSERT INTO webhooks_app_event
                (id, tenant_id, livemode, event_type, session_id, sequence, data, created_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                *(uuid7(), caller["tenant_id"], caller["livemode"], name, session_id, number),
                *(orjson.dumps(data).decode(), caller["now"]),
            ],
        )


def audit(cursor: Any, caller: dict[str, Any], session_id: UUID) -> None:
    row = {
        "id": uuid7(),
        "created_at": caller["now"],
        "action": "session.answered",
        "actor_type": "key",
        "actor_id": caller["key_id"],
        "target_type": "session",
        "target_id": session_id,
        "request_id": caller["request_id"],
        "ip": caller["ip"],
        "metadata": {},
        "livemode": caller["livemode"],
    }
    cursor.execute("SELECT audit_append(%s, %s)", [caller["tenant_id"], orjson.dumps([row]).decode()])
