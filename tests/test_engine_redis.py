"""Redis carries doorbells: lost, doubled or unheard ones, and Redis itself being away, lose nothing."""

from __future__ import annotations

import time

import pytest

from apps.dispatch import rings
from apps.dispatch.testing import rings_waiting
from tests.engine import QUEUE, accept, all_are, history, until
from tests.live import Live, Process

UNHEARD = "robots.unheard"
BACK_SECONDS = 30


def test_it_works(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.redis_stop()
    worker = live.worker()
    _without_redis(live)

    live.redis_start()
    _rings_are_heard_again(worker)
    _lost_rings(live, monkeypatch)
    _double_rings(live)

    live.redis_stop()
    _without_redis(live)
    live.redis_start()
    _rings_are_heard_again(worker)
    accepted = accept(live.schema, "test.done", number=20)
    until(all_are(live.schema, accepted, "completed"))
    assert worker.running


def _without_redis(live: Live) -> None:
    """Accepting does not wait, and the worker's heart looks for itself."""
    began = time.monotonic()
    accepted = accept(live.schema, "test.done", number=20)
    assert time.monotonic() - began < 5  # a fraction of a second on a quiet machine
    until(all_are(live.schema, accepted, "completed"))


def _rings_are_heard_again(worker: Process) -> None:
    """This process rings over the connections it had before, and the worker takes what rings."""

    def arrived() -> bool:
        rings.ring(UNHEARD)
        rings.flush(5)
        return rings_waiting(UNHEARD) > 0

    def heard() -> bool:
        assert worker.running
        return rings_waiting(QUEUE) == 0

    until(arrived, seconds=BACK_SECONDS)
    rings.ring(QUEUE)
    rings.flush(5)
    until(heard, seconds=BACK_SECONDS)


def _lost_rings(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as silent:
        silent.setattr("apps.dispatch.services.tickets.ring", lambda _queue: None)
        accepted = accept(live.schema, "test.done", number=5)
    until(all_are(live.schema, accepted, "completed"))


def _double_rings(live: Live) -> None:
    accepted = accept(live.schema, "test.done", number=5)
    for _number in range(20):
        rings.ring(QUEUE)
        rings.flush(5)
    until(all_are(live.schema, accepted, "completed"))
    until(lambda: rings_waiting(QUEUE) == 0)
    assert {tuple(history(live.schema, execution_id)) for execution_id in accepted} == {("started", "completed")}
