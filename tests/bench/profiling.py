"""What one answer of the product spends its time on, in this process."""

from __future__ import annotations

import cProfile
import logging
import os
import pstats
import re
import sys
import time
from collections.abc import Callable, Sequence
from io import BytesIO, StringIO
from typing import Any

from tests.bench.ground import CORES, ROOT
from tests.bench.load import Call

WARM_UP = 4


def profile(sessions: Sequence[Sequence[Call]], lines: int = 70) -> str:
    """Functions by time, and the statements that went to the database, as text."""
    from django.db import connection

    from config.wsgi import application

    # Lines are still made, and go nowhere.
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(open(os.devnull, "w"))  # noqa: SIM115  # open until this process ends
    os.sched_setaffinity(0, CORES[0])
    for calls in sessions[:WARM_UP]:
        for call in calls:
            _perform(application, call)
    half = WARM_UP + (len(sessions) - WARM_UP) // 2
    spent = _Statements()
    began, own = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(spent):
        count = sum(_perform(application, call) for calls in sessions[WARM_UP:half] for call in calls)
    wall, own = (time.perf_counter() - began) / count * 1e6, (time.process_time() - own) / count * 1e6
    profiler = cProfile.Profile()
    profiler.enable()
    calls_made = sum(_perform(application, call) for calls in sessions[half:] for call in calls)
    profiler.disable()
    return "\n".join(
        [
            f"without profiler: {wall:.0f} us an answer, {own:.0f} us of processor time in this process",
            spent.table(count),
            _functions(profiler, calls_made, "tottime", lines),
            _functions(profiler, calls_made, "cumulative", lines),
        ]
    )


class _Statements:
    """Wraps every statement; microseconds that the caller waited, by its text."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    def __call__(
        self, execute: Callable[..., Any], statement: str, params: Any, many: bool, context: Any
    ) -> Any:
        began = time.perf_counter()
        result = execute(statement, params, many, context)
        name = re.sub(r"\s+", " ", statement)[:90]
        self.taken.setdefault(name, []).append((time.perf_counter() - began) * 1e6)
        return result

    def table(self, count: int) -> str:
        rows = [
            f"{len(all_) / count:5.2f} x {sum(all_) / len(all_):7.0f} us  {name}"
            for name, all_ in self.taken.items()
        ]
        total = sum(sum(all_) for all_ in self.taken.values()) / count
        number = sum(len(all_) for all_ in self.taken.values()) / count
        return "\n".join([f"statements of one answer: {number:.1f}, {total:.0f} us", *rows])


def _perform(application: Callable[..., Any], call: Call) -> int:
    head, _, body = call.sent.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }
    for line in rest:
        name, _, value = line.partition(": ")
        variable = name.upper().replace("-", "_")
        environ[variable if variable.startswith("CONTENT_") else f"HTTP_{variable}"] = value
    started: list[str] = []
    response = application(environ, lambda status, headers, exc_info=None: started.append(status))
    content = b"".join(response)
    response.close()
    if not started[0].startswith("200") or any(one not in content for one in call.expected):
        raise AssertionError(f"{started[0]} {content.decode()[:2000]}")
    return 1


def _functions(profiler: cProfile.Profile, count: int, order: str, lines: int) -> str:
    """Like pstats, in microseconds an answer."""
    stats: Any = pstats.Stats(profiler, stream=StringIO())
    place = 2 if order == "tottime" else 3
    rows = sorted(stats.stats.items(), key=lambda row: -row[1][place])[:lines]
    told = [f"by {order}, microseconds an answer (with the profiler's own)", "   calls     own    all"]
    for (file, line, name), (_, calls, own, everything, _) in rows:
        where = file.replace(f"{ROOT}/", "").rpartition("site-packages/")[2]
        taken = f"{calls / count:8.1f} {own / count * 1e6:7.1f} {everything / count * 1e6:7.1f}"
        told.append(f"{taken}  {where}:{line} {name}")
    return "\n".join(told)
