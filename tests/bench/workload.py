"""Interviews of simulated patients, recorded once at the product and replayed at every side."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from sessions_app.triage.engine import knowledge
from sessions_app.triage.explanation import label_of
from sessions_app.triage.simulate import Patient, draw_patient, replies
from tests.bench.ground import Account, Ground
from tests.bench.load import Call

TEXT_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Turn:
    """The body of an answer, and what the reply must hold: the next question and the level."""

    body: bytes
    expected: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One interview; `template` is a session of the product in which nothing has been answered."""

    template: UUID
    turns: tuple[Turn, ...]


def record(port: int, ground: Ground, count: int, seed: int = 1) -> list[Recorded]:
    """Interview so many patients at the product's door."""
    rng = np.random.default_rng(seed)
    base = knowledge()
    names = cycle(rng.permutation(list(base.conditions)))
    recorded: list[Recorded] = []
    while len(recorded) < count:
        patient = draw_patient(base.conditions[str(next(names))], base, rng)
        if patient is not None:
            account = ground.accounts[len(recorded) % len(ground.accounts)]
            interview = _interview(port, ground, account, patient, rng)
            # An emergency may be known from the first words: there is nothing to answer.
            recorded += [interview] if interview.turns else []
    return recorded


def _interview(
    port: int, ground: Ground, account: Account, patient: Patient, rng: np.random.Generator
) -> Recorded:
    case = patient.case
    begun = {
        "chief_complaint": case.complaint,
        "age": case.age,
        "sex": case.sex,
        "initial_fields": _plain(case.entries[0].findings),
    }
    state = _post(port, account, "/v1/sessions", json.dumps(begun).encode())
    template = UUID(state["session_id"])
    (session_id,) = ground.clone_sessions([template], [account.tenant_id])
    turns: list[Turn] = []
    while state["current_question"] is not None:
        body = json.dumps(_answer(state["current_question"], patient, rng)).encode()
        state = _post(port, account, f"/v1/sessions/{session_id}/answer", body)
        question = state["current_question"]
        following = f'"question_id":"{question["question_id"]}"' if question else '"current_question":null'
        turns.append(Turn(body, (following.encode(), f'"triage_level":"{state["triage_level"]}"'.encode())))
    return Recorded(template, tuple(turns))


def _answer(question: dict[str, Any], patient: Patient, rng: np.random.Generator) -> dict[str, Any]:
    base = knowledge()
    values = replies(question["targets"], patient, base, rng)
    answer: dict[str, Any] = {"question_id": question["question_id"]}
    if rng.random() < TEXT_SHARE and not question["is_reask"]:
        labels = [
            label_of(base.findings[name], value)
            for name, value in values.items()
            if value is not None and name in base.findings
        ]
        return answer | {"raw_text": ", ".join(labels) or "I do not know"}
    if not values:
        return answer | {"skip": True}
    return answer | {"extracted_fields": _plain(values)}


def _plain(values: Any) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _post(port: int, account: Account, path: str, body: bytes) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {account.key}", "Content-Type": "application/json"}
    connection.request("POST", path, body, headers | {"Idempotency-Key": str(uuid4())})
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    if reply.status not in (200, 201):
        raise RuntimeError(f"{path}: {reply.status} {content.decode()}")
    return json.loads(content)


def sessions_of(
    ground: Ground,
    recorded: Sequence[Recorded],
    count: int,
    accounts: Sequence[Account],
    *,
    database: str = "nessy",
    table: str = "sessions_app_session",
    scheme: str = "Bearer",
) -> list[list[Call]]:
    """The calls of `count` new sessions, the recorded ones in turn, the accounts in turn."""
    chosen = list(islice(cycle(recorded), count))
    owners = list(islice(cycle(accounts), count))
    ids = ground.clone_sessions(
        [one.template for one in chosen],
        [owner.tenant_id for owner in owners],
        database=database,
        table=table,
    )
    return [
        list(_calls(one.turns, session_id, f"{scheme} {owner.key}"))
        for one, session_id, owner in zip(chosen, ids, owners, strict=True)
    ]


def _calls(turns: Iterable[Turn], session_id: UUID, credential: str) -> Iterable[Call]:
    for turn in turns:
        head = (
            f"POST /v1/sessions/{session_id}/answer HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: {credential}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {uuid4()}\r\nContent-Length: {len(turn.body)}\r\n\r\n"
        )
        yield Call(head.encode() + turn.body, turn.expected)
