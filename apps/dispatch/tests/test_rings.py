from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app

from apps.common.testing import eventually
from apps.dispatch import rings
from apps.dispatch.rings import Ringer, answer, answers
from apps.dispatch.testing import REST_SECONDS, broker_forget

QUEUE = "rings.tests"


def waiting() -> int:
    with current_app.connection_for_write() as connection:
        channel: Any = connection.channel()
        return int(channel.queue_declare(QUEUE).message_count)


@pytest.fixture(autouse=True)
def _empty_queue() -> Iterator[None]:
    with current_app.connection_for_write() as connection:
        channel: Any = connection.channel()
        channel.queue_purge(QUEUE)
        yield
        channel.queue_purge(QUEUE)


def test_it_works() -> None:
    ringer = Ringer()
    ringer.ring(QUEUE)
    assert ringer.flush(REST_SECONDS)
    assert waiting() == 1


def test_rings_while_one_waits_are_one() -> None:
    ringer = Ringer()
    for _number in range(100):
        ringer.ring(QUEUE)
    assert ringer.flush(REST_SECONDS)
    ringer.ring(QUEUE)
    assert ringer.flush(REST_SECONDS)
    assert waiting() == 1


def test_rings_that_nobody_hears_do_not_pile_up() -> None:
    for _process in range(3):
        ringer = Ringer()
        ringer.ring(QUEUE)
        assert ringer.flush(5)
    assert waiting() == 1


@pytest.fixture
def redis_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(current_app.conf, "broker_url", "redis+socket:///nowhere/redis.sock")
        broker_forget()
        yield
    broker_forget()


@pytest.mark.usefixtures("redis_away")
def test_redis_away_costs_the_caller_nothing(caplog: pytest.LogCaptureFixture) -> None:
    ringer = Ringer()
    ringer.ring(QUEUE)
    eventually(lambda: "ring_not_sent" in caplog.text, seconds=REST_SECONDS)
    ringer.ring(QUEUE)
    assert ringer.flush(REST_SECONDS)  # Celery tries for a while
    assert caplog.text.count("ring_not_sent") == 1


def test_answers_are_told_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rings, "_answers", [])
    heard: list[str] = []
    answers(heard.append)
    answer("a")
    assert heard == ["a"]
