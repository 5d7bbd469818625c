"""Redis is away, or does not answer, while people work: nobody is refused for that, and every run they ask for runs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from apps.common.testing import eventually
from tests.live import Live
from tests.strangers import Stranger

AWAY_SECONDS = float(os.environ.get("REDIS_AWAY_SECONDS", "3"))
LONGEST_SECONDS = 10  # of a request on a busy machine; on a quiet one they all take less than one


@pytest.mark.parametrize("harm", ["stopped", "frozen"])
def test_it_works(live: Live, stranger: Stranger, harm: str) -> None:
    robot = stranger.publish("Patient", "print('ran')\n")
    live.worker()
    with _stopped(live) if harm == "stopped" else _frozen(live):
        during = _asked_for_runs(stranger, robot)
        eventually(lambda: _all_ran(stranger, during), seconds=60)
        waiting = stranger.post(f"runs/{robot}/execute", {}, 202)["run_id"]
    after = stranger.post(f"runs/{robot}/execute", {}, 202)["run_id"]
    eventually(lambda: _all_ran(stranger, [waiting, after]), seconds=60)
    assert stranger.get("runs")["pagination"]["total"] == len(during) + 2


def _asked_for_runs(stranger: Stranger, robot: str) -> list[str]:
    """Runs asked for until Redis has been away long enough for everything that remembers it to be asked again."""
    runs: list[str] = []
    back = time.monotonic() + AWAY_SECONDS
    while time.monotonic() < back or len(runs) < 10:
        answer = stranger.http.post(
            f"/api/v1/runs/{robot}/execute", json={}, headers={"Idempotency-Key": f"{len(runs)}"}
        )
        assert answer.status_code == 202, answer.text
        assert answer.elapsed.total_seconds() < LONGEST_SECONDS
        runs.append(answer.json()["run_id"])
        for path in ("/health", "/api/v1/runs", f"/api/v1/runs/{runs[-1]}", f"/api/v1/runs/{runs[-1]}/logs"):
            assert stranger.http.get(path).status_code == 200
        anonymous = httpx.get(f"{stranger.http.base_url}/api/v1/runs", timeout=LONGEST_SECONDS)
        assert anonymous.status_code == 401
    return runs


def _all_ran(stranger: Stranger, runs: list[str]) -> bool:
    return {stranger.get(f"runs/{run}")["status"] for run in runs} == {"SUCCESS"}


@contextmanager
def _stopped(live: Live) -> Iterator[None]:
    live.redis_stop()
    yield
    live.redis_start()


@contextmanager
def _frozen(live: Live) -> Iterator[None]:
    """It takes connections, and answers none."""
    pid = live.redis.pid()
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
