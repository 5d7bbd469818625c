from __future__ import annotations

import pytest
from django.db import DatabaseError
from prometheus_client import CollectorRegistry, generate_latest

from apps.dispatch import metrics
from apps.dispatch.metrics import DispatchCollector, TallyCounter, TallyHistogram
from apps.dispatch.models import Tally
from apps.dispatch.services.workers import WorkerIdentity, worker_seen
from apps.dispatch.tests.conftest import Make
from apps.tenants.context import public_context


@pytest.fixture(autouse=True)
def _own_tallies(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics._pending.clear()
    monkeypatch.setattr(metrics, "_counters", [])
    monkeypatch.setattr(metrics, "_histograms", [])


def scraped() -> list[str]:
    registry = CollectorRegistry()
    registry.register(DispatchCollector())
    return generate_latest(registry).decode().splitlines()


def test_it_works(make: Make) -> None:
    make(queue="a")
    make(queue="a")
    worker_seen(worker=WorkerIdentity(name="w", host="h", pid=1, queues=("a",), slots=1), busy=0)
    runs = TallyCounter("test_runs_total", "Runs.")
    runs.add(status="failed")
    runs.add(2, status="failed")
    lines = scraped()
    assert 'oficina_queue_depth{queue="a"} 2.0' in lines
    assert 'test_runs_total{status="failed"} 3.0' in lines
    assert any(line.startswith('oficina_worker_heartbeat_unix{worker="w"} 1') for line in lines)
    assert any(line.startswith('oficina_queue_oldest_seconds{queue="a"} ') for line in lines)


def test_histograms() -> None:
    waits = TallyHistogram("test_wait_seconds", "Waits.", (1, 5))
    for seconds in (0.5, 2, 3.5, 60):
        waits.observe(seconds, queue="a")
    lines = scraped()
    assert 'test_wait_seconds_bucket{le="1",queue="a"} 1.0' in lines
    assert 'test_wait_seconds_bucket{le="5",queue="a"} 3.0' in lines
    assert 'test_wait_seconds_bucket{le="+Inf",queue="a"} 4.0' in lines
    assert 'test_wait_seconds_sum{queue="a"} 66.0' in lines
    assert 'test_wait_seconds_count{queue="a"} 4.0' in lines


def test_sums_over_processes() -> None:
    runs = TallyCounter("test_runs_total", "Runs.")
    runs.add()
    metrics.flush()
    runs.add()
    metrics.flush()
    with public_context():
        assert [tally.value for tally in Tally.objects.all()] == [2]


def test_what_cannot_be_written_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = TallyCounter("test_runs_total", "Runs.")
    runs.add()

    def away(**_increments: object) -> None:
        raise DatabaseError("away")

    with monkeypatch.context() as broken:
        broken.setattr(metrics, "tallies_add", away)
        assert "oficina" not in "".join(scraped())
    assert "test_runs_total 1.0" in scraped()
