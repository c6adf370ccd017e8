"""A light HTTP/1.1 client: so many keep-alive connections, one thread, nothing parsed that need not be."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field


class WrongReply(AssertionError):
    """An application answered something else than what was recorded."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as bytes, and what its reply must contain."""

    sent: bytes
    expected: tuple[bytes, ...]


@dataclass
class Load:
    """What was measured: latencies in seconds, the window in which every connection was busy."""

    latencies: list[float] = field(default_factory=list)
    # All calls, also those that ended after the window.
    calls: int = 0
    seconds: float = 0.0
    own_processor_seconds: float = 0.0


class _Lane:
    """One connection and the session that it is busy with."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.session: deque[Call] = deque()
        self.call: Call | None = None
        self.received = b""
        self.sent_at = 0.0

    def send_next(self, sessions: deque[deque[Call]]) -> bool:
        """Send the session's next call, or the first of another one; False when all are done."""
        if not self.session:
            if not sessions:
                return False
            self.session = sessions.popleft()
        self.call = self.session.popleft()
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(self.call.sent)
        return True

    def has_reply(self) -> bool:
        """Take what has come; raises WrongReply when the reply is whole and not the recorded one."""
        chunk = self.socket.recv(262144)
        if not chunk:
            raise WrongReply("the connection was closed")
        self.received += chunk
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return False
        assert self.call is not None
        if not head.startswith(b"HTTP/1.1 200") or any(one not in body for one in self.call.expected):
            raise WrongReply(f"expected {self.call.expected}, got {head.decode()}\n{body.decode()[:2000]}")
        return True


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise WrongReply(f"a reply without a length: {head.decode()}")


def drive(port: int, sessions: Iterable[Iterable[Call]], connections: int) -> Load:
    """Carry out the sessions, each on one connection, call by call.

    The window ends when the first connection finds no session left: the rest
    is carried out, but with fewer connections than asked for.
    """
    waiting = deque(deque(calls) for calls in sessions)
    load = Load()
    selector = selectors.EpollSelector()
    lanes = [_Lane(port) for _ in range(min(connections, len(waiting)))]
    own, began = time.process_time(), time.perf_counter()
    for lane in lanes:
        lane.send_next(waiting)
        selector.register(lane.socket, selectors.EVENT_READ, lane)
    busy = len(lanes)
    while busy:
        for key, _ in selector.select():
            lane = key.data
            if not lane.has_reply():
                continue
            now = time.perf_counter()
            load.calls += 1
            if busy == len(lanes):
                load.latencies.append(now - lane.sent_at)
                load.seconds = now - began
            if not lane.send_next(waiting):
                busy -= 1
    load.own_processor_seconds = time.process_time() - own
    for lane in lanes:
        lane.socket.close()
    selector.close()
    return load
