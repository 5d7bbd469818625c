"""Metrics of work and workers, for whichever process is asked.

What workers count goes into the database with their heartbeat, so that any web process can tell the sum over all
workers, on all machines, dead ones included. A worker that is killed takes at most a heartbeat's counts with it.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import structlog
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from apps.dispatch.selectors import queue_depths, tallies, workers
from apps.dispatch.services.tallies import tallies_add
from apps.tenants.context import public_context

logger = structlog.get_logger(__name__)
_pending: Counter[tuple[str, str]] = Counter()
_lock = threading.Lock()
_counters: list[TallyCounter] = []
_histograms: list[TallyHistogram] = []
Labels = dict[str, str]


def _count(name: str, labels: Labels, amount: float) -> None:
    with _lock:
        _pending[name, json.dumps(labels, sort_keys=True)] += amount  # type: ignore[assignment]  # floats add as well


def flush() -> None:
    """Writes what this process counted since the last time; what cannot be written now is kept for later."""
    with _lock:
        increments = dict(_pending)
        _pending.clear()
    try:
        tallies_add(increments=increments)
    except (DatabaseError, InterfaceError):
        with _lock:
            _pending.update(increments)
        raise


@dataclass(frozen=True)
class TallyCounter:
    """A counter kept in the database; its name ends in ``_total``."""

    name: str
    documentation: str

    def __post_init__(self) -> None:
        _counters.append(self)

    def add(self, amount: float = 1, **labels: str) -> None:
        _count(self.name, labels, amount)


@dataclass(frozen=True)
class TallyHistogram:
    """A histogram kept in the database."""

    name: str
    documentation: str
    buckets: Sequence[float]

    def __post_init__(self) -> None:
        _histograms.append(self)

    def observe(self, value: float, **labels: str) -> None:
        bucket = next((str(bound) for bound in self.buckets if value <= bound), "+Inf")
        _count(f"{self.name}_bucket", labels | {"le": bucket}, 1)
        _count(f"{self.name}_sum", labels, value)

    def family(self, values: dict[str, list[tuple[Labels, float]]]) -> Metric:
        sums = {json.dumps(labels, sort_keys=True): value for labels, value in values.get(f"{self.name}_sum", [])}
        counts: dict[str, dict[str, float]] = {key: {} for key in sums}
        for labels, value in values.get(f"{self.name}_bucket", []):
            bound = labels.pop("le")
            counts.setdefault(json.dumps(labels, sort_keys=True), {})[bound] = value
        names = sorted({name for key in counts for name in json.loads(key)})
        family = HistogramMetricFamily(self.name, self.documentation, labels=names)
        bounds = [*map(str, self.buckets), "+Inf"]
        for key, found in counts.items():
            cumulated = accumulate(found.get(bound, 0) for bound in bounds)
            labels = json.loads(key)
            family.add_metric(
                [labels[name] for name in names], list(zip(bounds, cumulated, strict=True)), sums.get(key)
            )
        return family


class DispatchCollector:
    """What Prometheus reads: queues and workers as they are, counters as they were written."""

    def describe(self) -> list[Metric]:
        return []  # no question to the database when the program starts

    def collect(self) -> Iterable[Metric]:
        try:
            flush()
            return [*_queues(), _heartbeats(), *_tallied()]
        except (DatabaseError, InterfaceError):
            logger.warning("metrics_without_database", exc_info=True)
            return []


def _queues() -> list[Metric]:
    depth = GaugeMetricFamily("oficina_queue_depth", "Executions that wait and could start.", labels=["queue"])
    oldest = GaugeMetricFamily("oficina_queue_oldest_seconds", "How long the first of them waits.", labels=["queue"])
    now = timezone.now()
    for queue in queue_depths():
        depth.add_metric([queue.queue], queue.waiting)
        if queue.oldest_at is not None:
            oldest.add_metric([queue.queue], max((now - queue.oldest_at).total_seconds(), 0))
    return [depth, oldest]


def _heartbeats() -> Metric:
    family = GaugeMetricFamily(
        "oficina_worker_heartbeat_unix", "When a worker last told that it lives.", labels=["worker"]
    )
    with public_context():
        for worker in workers():
            family.add_metric([worker.name], worker.last_seen.timestamp())
    return family


def _tallied() -> list[Metric]:
    values: dict[str, list[tuple[Labels, float]]] = {}
    for tally in tallies():
        values.setdefault(tally.name, []).append((json.loads(tally.labels), tally.value))
    families: list[Metric] = []
    for counter in _counters:
        found = values.get(counter.name, [])
        names = sorted({name for labels, _value in found for name in labels})
        family = CounterMetricFamily(counter.name, counter.documentation, labels=names)
        for labels, value in found:
            family.add_metric([labels[name] for name in names], value)
        families.append(family)
    return [*families, *(histogram.family(values) for histogram in _histograms)]
