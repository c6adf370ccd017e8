"""Threads that interview, pay and read at random; each tries again until it has its answer."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random

import httpx
from django.db import InterfaceError, OperationalError, connections

from billing.ledger.operations import credit
from tenants.audit.models import AuditEvent
from tenants.audit.operations import record
from tenants.work import work_of
from tests.conftest import Cast
from tests.faults.history import Attempt, Call, History

# Longer than a web server takes to start, on a machine that does other things too.
GIVE_UP_SECONDS = 180.0
LONGEST_PAUSE = 0.5
TOP_UP = 60
# Understood as the answer to every question.
WORDS = ("I don't know", "I do not know")
WEIGHTS = {
    "create": 14, "answer": 40, "skip": 8, "route": 6, "finalize": 12, "state": 12, "balance": 6, "top_up": 2,
}  # fmt: skip
# Interviews that a tenant's threads work on at a time: few, so that they meet.
AT_A_TIME = 5
# One in so many calls is sent twice at once, as by a client that lost patience.
HEDGED = 10


@dataclass
class Caseload:
    """The interviews that the threads of a tenant share, with the question each was last asked."""

    questions: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def pick(self, random: Random) -> str:
        with self.lock:
            return random.choice(list(self.questions)) if self.questions else ""

    def note(self, call: Call) -> None:
        if call.reply.status >= 400 or call.kind in ("top_up", "balance"):
            return
        body = call.body
        with self.lock:
            if call.kind == "create" or body["session_id"] in self.questions:
                known = self.questions.get(body["session_id"], "q_fever")
                # When nothing more is asked, the last question is answered once more.
                asked = body.get("current_question") or {"question_id": known}
                self.questions[body["session_id"]] = asked["question_id"]
            if call.kind == "finalize":
                self.closed.add(call.session_id)
            if len(self.questions) > AT_A_TIME:
                oldest = next(
                    (one for one in self.questions if one in self.closed), next(iter(self.questions))
                )
                del self.questions[oldest]


class Worker:
    """One client of a tenant."""

    def __init__(self, cast: Cast, client: httpx.Client, caseload: Caseload, random: Random) -> None:
        self.cast, self.client, self.caseload, self.random = cast, client, caseload, random

    def call(self) -> Call:
        """The next call, chosen at random."""
        kind = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        session_id = self.caseload.pick(self.random)
        if not session_id and kind not in ("balance", "top_up"):
            kind = "create"
        call = Call(
            str(self.cast.owner.tenant_id), kind, key=str(uuid.UUID(int=self.random.getrandbits(128)))
        )
        if kind not in ("create", "balance", "top_up"):
            call.session_id = session_id
        if kind in ("answer", "skip"):
            question = self.caseload.questions.get(session_id, "q_fever")
            call.said = (question, self.random.choice(WORDS) if kind == "answer" else "")
        call.tokens = TOP_UP if kind == "top_up" else 0
        return call

    def deliver(self, call: Call) -> None:
        """Ask until there is an answer; raises TimeoutError when it does not come."""
        send = self._top_up if call.kind == "top_up" else self._request
        deadline, pause = time.monotonic() + GIVE_UP_SECONDS, 0.05
        while True:
            attempt = Attempt(str(uuid.uuid4()), time.monotonic())
            call.attempts.append(attempt)
            try:
                send(call, attempt)
            except httpx.TransportError as error:
                attempt.error = f"{type(error).__name__} {error}"
            except (OperationalError, InterfaceError):
                # What the server would have replied for it.
                attempt.status = 503
            attempt.ended = time.monotonic()
            if attempt.is_final:
                return
            if attempt.status not in (0, 409, 503):
                raise AssertionError(f"{call}: {attempt.content.decode()}")
            if attempt.ended > deadline:
                raise TimeoutError(str(call))
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _request(self, call: Call, attempt: Attempt) -> None:
        method, path, body = request_of(call)
        headers = {"X-Request-ID": attempt.request_id}
        if method == "POST":
            headers["Idempotency-Key"] = call.key
        reply = self.client.request(method, path, json=body, headers=headers)
        attempt.status, attempt.content = reply.status_code, reply.content
        attempt.tokens = int(reply.headers.get("X-NessyAPI-Tokens-Charged", 0))
        attempt.is_replay = "Idempotency-Replayed" in reply.headers
        attempt.is_busy = reply.status_code == 409 and "Retry-After" in reply.headers

    def _top_up(self, call: Call, attempt: Attempt) -> None:
        try:
            actor = replace(self.cast.owner, request_id=attempt.request_id, at=None)
            former = [one.request_id for one in call.attempts]
            with work_of(actor):
                # An earlier attempt may have been committed before its connection broke.
                if not AuditEvent.objects.for_actor(actor).filter(request_id__in=former).exists():
                    credit(actor=actor, kind="topup", tokens=call.tokens, reference=call.key)
                    record(actor=actor, action="balance.topped_up", metadata={"tokens": call.tokens})
            attempt.status = 200
        finally:
            connections.close_all()


def request_of(call: Call) -> tuple[str, str, dict[str, object] | None]:
    """Method, path and body."""
    path = f"/v1/sessions/{call.session_id}"
    question, words = call.said
    if call.kind in ("answer", "skip"):
        said: dict[str, object] = {"raw_text": words} if words else {"skip": True}
        return "POST", f"{path}/answer", {"question_id": question, **said}
    if call.kind == "create":
        return "POST", "/v1/sessions", {"chief_complaint": "headache", "age": 35, "sex": "female"}
    if call.kind == "route":
        return "POST", f"{path}/route", {"text": "throbbing headache, one side"}
    if call.kind == "finalize":
        return "POST", f"{path}/finalize", None
    return "GET", f"{path}/state" if call.kind == "state" else "/v1/admin/balance", None


@contextmanager
def load(
    casts: list[Cast], open_client: Callable[[str], httpx.Client], seed: int, *, threads: int = 2
) -> Iterator[History]:
    """Run so many threads a tenant while the body runs; afterwards each call has its answer."""
    history, done = History(), threading.Event()
    with ThreadPoolExecutor(2 * threads * len(casts)) as pool:

        def work(worker: Worker) -> None:
            while not done.is_set():
                call = worker.call()
                history.add(call)
                copies: list[Future[None]] = []
                if call.is_keyed and not worker.random.randrange(HEDGED):
                    copies.append(pool.submit(worker.deliver, call))
                worker.deliver(call)
                for copy in copies:
                    copy.result()
                worker.caseload.note(call)
                time.sleep(worker.random.random() * 0.02)

        running: list[Future[None]] = []
        clients = [open_client(cast.live_key) for cast in casts]
        for cast, client in zip(casts, clients, strict=True):
            caseload = Caseload()
            for number in range(threads):
                random = Random(f"{seed} {casts.index(cast)} {number}")
                running.append(pool.submit(work, Worker(cast, client, caseload, random)))
        try:
            yield history
        finally:
            done.set()
        for one in running:
            one.result()
        for client in clients:
            client.close()
