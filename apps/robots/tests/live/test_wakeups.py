"""Who hears a group: all its viewers once, and nobody any more when the last has left."""

from __future__ import annotations

import asyncio

import pytest
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from apps.robots.live.wakeups import WakeUps

GROUP = "t_000000000000.execution.listened"
SECONDS = 20


def listening() -> list[asyncio.Task[None]]:
    """What runs for listeners in this loop."""
    every = asyncio.all_tasks()
    return [task for task in every if getattr(task.get_coro(), "__qualname__", "").startswith("Listener.")]


async def all_end(tasks: list[asyncio.Task[None]]) -> None:
    _ended, left = await asyncio.wait(tasks, timeout=SECONDS)
    assert not left


async def test_it_works() -> None:
    first, second = WakeUps(), WakeUps()
    first.start(GROUP)
    second.start(GROUP)
    assert await first.wait(SECONDS) == await second.wait(SECONDS) == ([], True)
    first.stop()
    tasks = listening()
    assert tasks
    second.stop()
    await all_end(tasks)
    await get_channel_layer().flush()


async def test_redis_is_away_when_the_last_viewer_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_group: str, _channel: str) -> None:
        raise RedisError("connection refused")

    viewer = WakeUps()
    viewer.start(GROUP)
    assert await viewer.wait(SECONDS) == ([], True)
    monkeypatch.setattr(get_channel_layer(), "group_discard", away)
    tasks = listening()
    viewer.stop()
    await all_end(tasks)
    await get_channel_layer().flush()
