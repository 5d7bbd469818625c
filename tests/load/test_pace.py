from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from tests.load.pace import Refused, closed, offered, pause, percentile


@dataclass
class Asking:
    """Takes its time, and counts how many do so together."""

    takes: float
    together: int = 0
    most: int = 0

    async def __call__(self, _chance: random.Random) -> str:
        self.together += 1
        self.most = max(self.most, self.together)
        await pause(self.takes)
        self.together -= 1
        return "ask"


async def test_a_closed_load_waits_for_each_answer() -> None:
    asking = Asking(takes=0.001)
    tally = await closed(asking, clients=3, seconds=0.05, chance=random.Random(1))
    assert asking.most == 3
    assert tally.done >= 3
    assert set(tally.seconds) == {"ask"}


async def test_an_open_load_waits_for_nobody() -> None:
    over = asyncio.Event()
    begun = 0

    async def perform(_chance: random.Random) -> str:
        nonlocal begun
        begun += 1
        if begun == 10:
            over.set()
        await over.wait()
        return "ask"

    tally = await offered(perform, rate=1000, at_once=1000, seconds=0.5, chance=random.Random(1))
    assert tally.done == begun >= 10


async def test_an_open_load_has_so_many_on_their_way_and_counts_the_wait_of_others() -> None:
    asking = Asking(takes=0.01)
    tally = await offered(asking, rate=1000, at_once=2, seconds=0.1, chance=random.Random(1))
    assert asking.most == 2
    assert max(tally.seconds["ask"]) > 0.02


async def test_what_is_refused_is_told_and_not_counted() -> None:
    async def perform(_chance: random.Random) -> str:
        raise Refused("ask: 500")

    tally = await closed(perform, clients=1, seconds=0.0001, chance=random.Random(1))
    assert tally.done == 0
    assert set(tally.errors) == {"ask: 500"}


def test_percentile() -> None:
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile(list(map(float, range(100))), 99) == 99.0
