"""HTTP in production: several processes behind one port, whose metrics add up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.multiprocess import MultiProcessCollector

from apps.common.testing import eventually
from tests.live import Live, Web

SECONDS = 90
ANSWER_SECONDS = 20
SCRAPES, BETWEEN = 20, 4
_ANSWERED = re.compile(r'oficina_http_requests_total\{method="GET",route="health",status="200"\} (\S+)')


@pytest.fixture
def web(live: Live) -> Web:
    """Two processes that answer."""
    web = live.http(WEB_PROCESSES="2")
    started(web, 2)
    return web


def started(web: Web, times: int) -> None:
    def enough() -> bool:
        assert web.process.running, web.process.output()[-4000:]
        return web.process.output().count("Started worker-") == times

    eventually(enough, seconds=SECONDS)


def ask(web: Web, times: int) -> None:
    """Over a new connection each time, so that each process gets its share."""
    found = [httpx.get(f"{web.url}/health", timeout=ANSWER_SECONDS) for _number in range(times)]
    assert [answer.status_code for answer in found] == [200] * times


def answered(web: Web) -> float:
    """How many of these requests Prometheus is told of, by whichever process."""
    answer = httpx.get(f"{web.url}/metrics", timeout=ANSWER_SECONDS)
    assert answer.status_code == 200
    assert "oficina_queue_depth" in answer.text
    found = _ANSWERED.search(answer.text)
    assert found, answer.text
    return float(found[1])


def share(file: Path) -> int:
    """What one process has counted."""
    metrics: Any = MultiProcessCollector.merge([str(file)])  # type: ignore[no-untyped-call]
    return sum(sample.value for metric in metrics for sample in metric.samples if sample.labels["route"] == "health")


def test_it_works(live: Live, web: Web) -> None:
    seen = [answered(web)]
    for _number in range(SCRAPES):
        ask(web, BETWEEN)
        seen.append(answered(web))
    assert seen == [seen[0] + BETWEEN * number for number in range(SCRAPES + 1)]
    [directory] = live.directory.glob("oficina-metrics-*")
    files = list(directory.glob("counter_*.db"))
    assert len(files) == 2
    assert min(map(share, files)) > 0

    killed = web.process.descendants()[0]
    killed.kill()
    started(web, 3)
    ask(web, BETWEEN)
    assert answered(web) == seen[-1] + BETWEEN
    assert (directory / f"counter_{killed.pid}.db").exists()
    assert not list(directory.glob(f"gauge_live*_{killed.pid}.db"))

    web.process.terminate()
    assert web.process.wait(SECONDS) == 0
    assert not directory.exists()
