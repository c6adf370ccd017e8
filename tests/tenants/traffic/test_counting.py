from __future__ import annotations

import os
import signal
import threading
import time
from uuid import UUID

import pytest
from django.db import DatabaseError, connections

from tenants.traffic import operations
from tenants.traffic.histogram import BUCKETS, bucket_of, percentile
from tenants.traffic.models import TrafficHour
from tenants.traffic.operations import Counter, counter
from tests.conftest import Api, Cast
from tests.factories import make_key
from tests.interviews import begin
from tests.live import LiveServer

ANSWER = "POST /v1/sessions/<id:session_id>/answer"


def hours(cast: Cast) -> list[TrafficHour]:
    rows = TrafficHour.objects.using("system").filter(tenant_id=cast.owner.tenant_id)
    return list(rows.order_by("route", "livemode"))


def test_calls_are_summed_by_mode_key_and_route(alder: Cast) -> None:
    session = begin(alder.api)
    for status in (422, 422, 404):
        path = session["session_id"] if status == 422 else UUID(int=0)
        assert alder.api.post(f"/v1/sessions/{path}/answer", {"question_id": ""}).status_code in (404, 422)
    alder.door(test=True).get("/v1/me")
    counter.flush()
    found = {(row.route, row.livemode): row for row in hours(alder)}
    assert found.keys() == {("POST /v1/sessions", True), (ANSWER, True), ("GET /v1/me", False)}
    answers = found[ANSWER, True]
    assert (answers.calls, answers.client_errors, answers.server_errors, answers.throttled) == (3, 3, 0, 0)
    assert (sum(answers.durations), len(answers.durations)) == (3, BUCKETS)
    assert (answers.hour_at.minute, answers.hour_at.second) == (0, 0)


def test_processes_add_up_in_one_row(alder: Cast) -> None:
    actor = alder.owner
    counters = [Counter() for _ in range(4)]
    for one in counters:
        for status in (200, 429, 500):
            one.add(actor=actor, route="GET /v1/me", status=status, milliseconds=3.0)
    barrier = threading.Barrier(len(counters))

    def flush(one: Counter) -> None:
        barrier.wait()
        one.flush()
        connections.close_all()

    threads = [threading.Thread(target=flush, args=(one,)) for one in counters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    [row] = hours(alder)
    assert (row.calls, row.throttled, row.client_errors, row.server_errors) == (12, 4, 4, 4)
    assert row.durations[bucket_of(3.0)] == sum(row.durations) == 12


def test_what_cannot_be_written_is_kept(alder: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Counter()
    own.add(actor=alder.owner, route="GET /v1/me", status=200, milliseconds=1.0)
    with monkeypatch.context() as broken:
        broken.setattr(operations, "ADD", "SELECT no_such_column FROM tenants_traffichour WHERE %s <> ''")
        with pytest.raises(DatabaseError):
            own.flush()
    own.add(actor=alder.owner, route="GET /v1/me", status=200, milliseconds=1.0)
    own.flush()
    assert [row.calls for row in hours(alder)] == [2]


def test_unknown_caller_is_not_counted(stranger: Api) -> None:
    counter.flush()
    assert stranger.get("/v1/me").status_code == 401
    assert counter._sums == {}


@pytest.mark.parametrize(
    ("milliseconds", "bucket"),
    [(0.0, 0), (1.0, 0), (1.1, 1), (2.0, 2), (2.1, 3), (1000.0, 20), (1e9, BUCKETS - 1)],
)
def test_bucket_has_its_upper_bound(milliseconds: float, bucket: int) -> None:
    assert bucket_of(milliseconds) == bucket
    assert bucket == BUCKETS - 1 or milliseconds <= 2 ** (bucket / 2)


def test_percentile_is_the_bound_of_the_bucket_it_falls_into() -> None:
    counts = [0] * BUCKETS
    assert percentile(counts, 0.5) is None
    counts[2], counts[6] = 95, 5
    assert (percentile(counts, 0.5), percentile(counts, 0.95), percentile(counts, 0.96)) == (2.0, 2.0, 8.0)


@pytest.mark.faults
def test_server_that_is_told_to_end_writes_what_it_counted(alder: Cast) -> None:
    key = make_key(owner=alder.owner)
    with LiveServer() as server, server.client(key) as client:
        for _ in range(5):
            assert client.get("/v1/me").status_code == 200
        assert server.process is not None
        os.kill(server.process.pid, signal.SIGTERM)
        server.process.wait(20)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and sum(row.calls for row in hours(alder)) < 5:
        time.sleep(0.1)
    assert sum(row.calls for row in hours(alder)) == 5
