from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import pytest
from django.test import override_settings

from apps.common import threads
from apps.common.redis import redis_client, redis_forget
from apps.common.testing import eventually
from apps.dispatch import rings
from apps.dispatch.rings import Bell, Ringer, key_of
from apps.dispatch.testing import REST_SECONDS, rings_waiting

QUEUE, OTHER = "rings.tests", "rings.others"
NOWHERE = "unix:///nowhere/redis.sock"


@pytest.fixture(autouse=True)
def _nothing_waits() -> Iterator[None]:
    redis_client().delete(key_of(QUEUE), key_of(OTHER))
    yield
    redis_client().delete(key_of(QUEUE), key_of(OTHER))


@contextmanager
def hearing(room: Callable[[float], bool], answer: Callable[[], None]) -> Iterator[Bell]:
    bell = Bell([OTHER, QUEUE], room=room, answer=answer)
    bell.start()
    try:
        yield bell
    finally:
        bell.stop()
        bell.join(REST_SECONDS)  # until then it could take a ring of the next test


@pytest.fixture
def redis_away() -> Iterator[None]:
    with override_settings(REDIS_URL=NOWHERE):
        redis_forget()
        yield
    redis_forget()


def test_it_works() -> None:
    ringer = Ringer()
    ringer.ring(QUEUE)
    assert ringer.flush(REST_SECONDS)
    assert rings_waiting(QUEUE) == 1


def test_rings_while_one_waits_are_one() -> None:
    ringer = Ringer()
    for _number in range(100):
        ringer.ring(QUEUE)
    assert ringer.flush(REST_SECONDS)
    ringer.ring(QUEUE)
    assert ringer.flush(REST_SECONDS)
    assert rings_waiting(QUEUE) == 1


def test_rings_that_nobody_hears_do_not_pile_up_and_are_forgotten() -> None:
    for _process in range(3):
        ringer = Ringer()
        ringer.ring(QUEUE)
        assert ringer.flush(5)
    assert rings_waiting(QUEUE) == 1
    assert 0 < redis_client().ttl(key_of(QUEUE)) <= 60


def test_what_cannot_be_sent_nor_told_of_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_facts: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(threads, "PAUSE_SECONDS", 0.01)
    ringer = Ringer()
    with monkeypatch.context() as broken:
        broken.setattr(rings, "_send", refuse)
        broken.setattr(threads.logger, "exception", refuse)
        ringer.ring(QUEUE)
        assert ringer.flush(REST_SECONDS)
    ringer.ring(QUEUE)
    assert ringer.flush(REST_SECONDS)
    assert rings_waiting(QUEUE) == 1


@pytest.mark.usefixtures("redis_away")
def test_redis_away_costs_the_caller_nothing(caplog: pytest.LogCaptureFixture) -> None:
    ringer = Ringer()
    ringer.ring(QUEUE)
    eventually(lambda: "ring_not_sent" in caplog.text, seconds=REST_SECONDS)
    ringer.ring(QUEUE)
    assert ringer.flush(REST_SECONDS)
    assert [record.name for record in caplog.records if "ring_not_sent" in str(record.msg)] == ["apps.dispatch.rings"]


def test_a_bell_hears_every_queue_of_its_worker() -> None:
    heard: SimpleQueue[None] = SimpleQueue()
    ringer = Ringer()
    with hearing(lambda _seconds: True, lambda: heard.put(None)):
        for queue in (QUEUE, OTHER):
            ringer.ring(queue)
            heard.get(timeout=REST_SECONDS)
    assert (rings_waiting(QUEUE), rings_waiting(OTHER)) == (0, 0)


def test_a_worker_without_room_leaves_the_ring_to_others() -> None:
    asked, heard, never = threading.Event(), threading.Event(), threading.Event()

    def room(seconds: float) -> bool:
        asked.set()
        return never.wait(seconds)

    with hearing(room, never.set):
        assert asked.wait(REST_SECONDS)
        Ringer().ring(QUEUE)
        eventually(lambda: rings_waiting(QUEUE) == 1, seconds=REST_SECONDS)
        with hearing(lambda _seconds: True, heard.set):
            assert heard.wait(REST_SECONDS)
    assert not never.is_set()


def test_a_bell_that_closes_while_it_listens_leaves_the_ring_to_others() -> None:
    heard = threading.Event()
    with hearing(lambda _seconds: True, heard.set) as bell:
        eventually(lambda: redis_client().info("clients")["blocked_clients"], seconds=REST_SECONDS)
        bell.stop()
        redis_client().rpush(key_of(QUEUE), "")
        bell.join(REST_SECONDS)
    eventually(lambda: rings_waiting(QUEUE) == 1, seconds=REST_SECONDS)
    assert not heard.is_set()


def test_a_bell_that_closes_while_it_waits_for_room_takes_nothing() -> None:
    asked, closing, heard = threading.Event(), threading.Event(), threading.Event()

    def room(_seconds: float) -> bool:
        asked.set()
        return closing.wait(REST_SECONDS)

    redis_client().rpush(key_of(QUEUE), "")
    with hearing(room, heard.set) as bell:
        assert asked.wait(REST_SECONDS)
        bell.stop()
        closing.set()
        bell.join(REST_SECONDS)
    eventually(lambda: rings_waiting(QUEUE) == 1, seconds=REST_SECONDS)
    assert not heard.is_set()


def test_a_bell_outlives_redis_being_away(caplog: pytest.LogCaptureFixture) -> None:
    heard = threading.Event()
    with override_settings(REDIS_URL=NOWHERE), hearing(lambda _seconds: True, heard.set) as bell:
        eventually(lambda: "rings_not_heard" in caplog.text, seconds=REST_SECONDS)
        assert bell.is_alive()
    assert not heard.is_set()
