from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.test import override_settings

from apps.common import threads
from apps.common.redis import redis_forget
from apps.common.testing import eventually
from apps.executions import wakeups
from apps.executions.wakeups import MAXIMUM_WAITING, Waker

GROUP = "t_000000000000.execution.tests"


@pytest.fixture(autouse=True)
def woken() -> None:
    """Here the channel layer is real."""


async def test_it_works() -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    waker = Waker()
    for number in range(50):
        waker.send(GROUP, {"type": "execution.changed", "number": number})
    async with asyncio.timeout(20):
        received = [await layer.receive(channel) for _number in range(50)]
    assert [message["number"] for message in received] == list(range(50))
    await layer.flush()


@pytest.fixture
def redis_away() -> Iterator[None]:
    with override_settings(REDIS_URL="unix:///nowhere/redis.sock"):
        redis_forget()
        yield
    redis_forget()


@pytest.mark.usefixtures("redis_away")
def test_redis_away_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    waker = Waker()
    for _number in range(3 * MAXIMUM_WAITING):
        waker.send(GROUP, {"type": "execution.changed"})
    eventually(lambda: not waker._waiting)
    told = [record.name for record in caplog.records if "wakeup_not_sent" in str(record.msg)]
    assert told == ["apps.executions.wakeups"]


async def test_what_cannot_be_sent_nor_told_of_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[object] = []

    def refuse(*arguments: object, **_facts: object) -> None:
        refused.append(arguments)
        raise OSError("no space left")

    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    monkeypatch.setattr(threads, "PAUSE_SECONDS", 0.01)
    waker = Waker()
    with monkeypatch.context() as broken:
        broken.setattr(wakeups, "_publish", refuse)
        broken.setattr(threads.logger, "exception", refuse)
        waker.send(GROUP, {"type": "execution.changed", "number": 1})
        await asyncio.to_thread(eventually, lambda: len(refused) == 2)  # to be sent, and to be told
    waker.send(GROUP, {"type": "execution.changed", "number": 2})
    async with asyncio.timeout(20):
        assert (await layer.receive(channel))["number"] == 2
    await layer.flush()


def test_in_a_fork() -> None:
    """Threads do not survive it; the child starts its own."""
    waker = Waker()
    waker.send(GROUP, {"type": "execution.changed"})
    eventually(lambda: not waker._waiting)
    child = os.fork()
    if child == 0:
        waker.send(GROUP, {"type": "execution.changed"})
        eventually(lambda: not waker._waiting)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_far_behind_lines_are_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr("apps.executions.wakeups._waker", Stalled(sent))
    wakeups.wake_log(GROUP, first_seq=1, last_seq=1, lines=[["now", "INFO", "stdout", "x"]])
    assert [message["lines"] for message in sent] == [[]]


class Stalled(Waker):
    """Sends nothing, as with Redis too slow for what is said."""

    def __init__(self, sent: list[dict[str, Any]]) -> None:
        super().__init__()
        self.sent = sent
        self._waiting.extend([(GROUP, {})] * 100)

    def send(self, group: str, message: dict[str, Any]) -> None:
        self.sent.append(message)
