"""What a tenant's books must say after its calls, if a single thread had carried them out one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.faults.history import Call

# The contract's, written down once more: the model must not believe the product.
PRICES = {"create": 1, "answer": 8, "skip": 0, "route": 5, "finalize": 0, "top_up": 0}
MARKS = (("balance.low_20", 20), ("balance.low_10", 10), ("balance.depleted", 0))
AUDITED = {
    "create": "session.created",
    "answer": "session.answered",
    "skip": "session.answered",
    "route": "session.routed",
    "finalize": "session.finalized",
    "top_up": "balance.topped_up",
}
TOLD = {
    "create": ("session.created",),
    "answer": ("session.answered",),
    "skip": ("session.answered",),
    "finalize": ("session.finalized", "assessment.completed"),
}
READS = ("state", "balance")
WRITES = tuple(AUDITED)


@dataclass(slots=True)
class ModelSession:
    is_open: bool = True
    tokens: int = 0
    # Its last change, if that was an answer: the same again is a lost reply asked for once more.
    last_said: tuple[str, str] | None = None
    charged: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)

    @property
    def status(self) -> str:
        return "active" if self.is_open else "finalized"


@dataclass(slots=True)
class Model:
    """One tenant; `places` is how many sessions its tier allows at a time."""

    balance: int
    places: int
    initial: int = 0
    sessions: dict[str, ModelSession] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    audit: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.initial = self.initial or self.balance

    def refusals(self, call: Call) -> set[int]:
        """The statuses with which the call may be refused now."""
        found = set()
        session = self.sessions.get(call.session_id)
        if call.kind == "create" and sum(one.is_open for one in self.sessions.values()) >= self.places:
            found.add(429)
        if call.kind in ("answer", "skip", "route") and session is not None and not session.is_open:
            found.add(409)
        if self.balance < PRICES.get(call.kind, 0):
            found.add(402)
        return found

    def is_done_already(self, call: Call) -> bool:
        """Whether the call succeeds now and changes nothing."""
        session = self.sessions.get(call.session_id)
        if session is None:
            return False
        if call.kind == "finalize":
            return not session.is_open
        return call.kind in ("answer", "skip") and session.is_open and session.last_said == call.said

    def explains(self, call: Call) -> bool:
        """Whether the reply to a call that changed nothing could be given now."""
        reply = call.reply
        if call.kind == "state":
            session = self.sessions.get(call.session_id)
            return session is not None and call.body["status"] == session.status
        if call.kind == "balance":
            return bool(call.body["balance"] == self.balance)
        if reply.status >= 400:
            return reply.status in self.refusals(call)
        return reply.tokens == 0 and self.is_done_already(call)

    def carry_out(self, call: Call) -> str:
        """Change the books; what was wrong with the reply, or nothing."""
        if call.reply.status >= 400:
            return "was carried out, and its client told otherwise"
        refusals = self.refusals(call)
        if refusals or self.is_done_already(call):
            return f"was carried out, and not refused with {refusals or 'a repetition'}"
        price = PRICES[call.kind]
        self._pay(price)
        self.audit[AUDITED[call.kind]] += 1
        if call.kind == "top_up":
            self._credit(call.tokens)
            return ""
        if call.kind == "create":
            self.sessions[call.body["session_id"]] = ModelSession()
        self._change(call, self.sessions[call.body["session_id"]])
        return "" if call.reply.tokens == price else f"said it cost {call.reply.tokens} instead of {price}"

    def _change(self, call: Call, session: ModelSession) -> None:
        session.tokens += PRICES[call.kind]
        session.last_said = call.said if call.kind in ("answer", "skip") else None
        session.events.update(TOLD.get(call.kind, ()))
        if call.kind == "finalize":
            session.is_open = False
        else:
            # A skip is an answer that costs nothing.
            session.charged["answer" if call.kind == "skip" else call.kind] += 1

    def _pay(self, tokens: int) -> None:
        before, self.balance = self.balance, self.balance - tokens
        for event, percent in MARKS:
            if self.balance * 100 <= self.initial * percent < before * 100:
                self.events[event] += 1

    def _credit(self, tokens: int) -> None:
        self.balance += tokens
        self.initial = self.balance

    def picture(self) -> dict[str, Any]:
        """The books, to be compared with the database's."""
        return {
            "balance": self.balance,
            "balance_events": dict(self.events),
            "audit": dict(self.audit),
            "sessions": {
                name: (session.status, session.tokens, dict(session.charged), dict(session.events))
                for name, session in self.sessions.items()
            },
        }


def discrepancies(model: Model, calls: Sequence[Call], committed: Sequence[Call]) -> Iterator[str]:
    """Carry out the committed calls in their order, and tell what no single thread could have replied.

    A call that changed nothing has to fit in somewhere between the calls that
    had ended before it began and those that began after it had ended.
    """
    changed = {id(call) for call in committed}
    waiting = [_Observer(call, committed) for call in calls if id(call) not in changed]
    yield from _out_of_order(committed)
    for place in range(len(committed) + 1):
        if place and (wrong := model.carry_out(committed[place - 1])):
            yield f"{committed[place - 1]} {wrong}"
        waiting = [
            one for one in waiting if not (one.first <= place <= one.last and model.explains(one.call))
        ]
    yield from (f"{one.call} fits in nowhere from {one.first} to {one.last}" for one in waiting)


class _Observer:
    def __init__(self, call: Call, committed: Sequence[Call]) -> None:
        self.call = call
        before = [place for place, one in enumerate(committed, 1) if one.ended < call.reply.began]
        after = [place for place, one in enumerate(committed) if one.began > call.reply.ended]
        self.first, self.last = max(before, default=0), min(after, default=len(committed))


def _out_of_order(committed: Sequence[Call]) -> Iterator[str]:
    """Calls that were carried out after one that had not begun when they had ended."""
    latest = 0.0
    for former, call in pairwise(committed):
        latest = max(latest, former.began)
        if call.ended < latest:
            yield f"{call} took effect after its end"
