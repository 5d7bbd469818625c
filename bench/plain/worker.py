"""A plain Celery worker while a row needs one, and what it tells."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import redis

from apps.common.testing import eventually
from bench.stage import Stage, ended
from config.broker import broker_url
from tests.live import Process

CONCURRENCY = 2
STAMPS = "bench:stamps"
WAIT_SECONDS = 60
_DATABASE = 9  # of Redis; the product uses another


class PlainCelery:
    """What a row asks of it."""

    def __init__(self, process: Process, client: redis.Redis) -> None:
        from bench.plain.tasks import nothing, stamp  # noqa: PLC0415  # they read the addresses of the servers

        self.process = process
        self._client, self._nothing, self._stamp = client, nothing, stamp

    def latency(self) -> float:
        """Milliseconds from just before a task is sent to its first line."""
        sent_at = time.time()
        self._stamp.delay(STAMPS)
        return 1000 * (self._stamped() - sent_at)

    def sent(self, number: int) -> float:
        """Sends so many tasks that do nothing, and one to mark their end; returns the seconds that took."""
        began = time.perf_counter()
        for _number in range(number):
            self._nothing.delay()
        self._stamp.delay(STAMPS)
        return time.perf_counter() - began

    def drained(self) -> float:
        """How long the worker, which was paused, takes for all that was sent."""
        began = time.time()
        self.process.resume()
        return self._stamped() - began

    def _stamped(self) -> float:
        found = cast("tuple[bytes, bytes] | None", self._client.blpop([STAMPS], timeout=WAIT_SECONDS))
        if found is None:
            raise RuntimeError("the plain Celery worker does not answer")
        return float(found[1])


@contextmanager
def plain_celery(stage: Stage, *, pool: str = "prefork") -> Iterator[PlainCelery]:
    """A worker with the same servers, two processes for two cores, and nothing of ours."""
    url = os.environ["REDIS_URL"].replace("?db=0", f"?db={_DATABASE}")
    addresses = {"BENCH_BROKER_URL": broker_url(url), "BENCH_REDIS_URL": url}
    os.environ.update(addresses)
    arguments = ("-A", "bench.plain.tasks", "worker", "--pool", pool, "--concurrency", str(CONCURRENCY))
    quiet = ("--without-gossip", "--without-mingle", "--loglevel", "WARNING")
    process = stage.live.start("plain", "-m", "celery", *arguments, *quiet)
    with redis.Redis.from_url(url, socket_timeout=None) as client, ended(process):
        client.flushdb()
        plain = PlainCelery(process, client)
        eventually(lambda: process.running and plain.latency(), seconds=30)
        yield plain
