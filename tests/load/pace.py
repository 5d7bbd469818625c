"""How work is offered: closed, where each client waits for its answer, or open, where it comes when it comes."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

MOST_WAITING = 1000
"""Requests of an open load that may wait for their turn or their answer; more, and it is not kept up with."""

Perform = Callable[[random.Random], Awaitable[str]]
"""Does one thing, and says what it was. Raises ``Refused`` where the answer was not as it must be."""


class Refused(Exception):
    """An answer that is none of those that the action may get, or none at all."""


@dataclass
class Tally:
    """What was done: seconds by what it was, from when it was due, and what went wrong."""

    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    took: float = 0.0

    @property
    def done(self) -> int:
        return sum(map(len, self.seconds.values()))

    async def note(self, perform: Perform, chance: random.Random, due: float) -> None:
        try:
            name = await perform(chance)
        except Refused as refused:
            self.errors.append(str(refused))
        else:
            self.seconds[name].append(time.monotonic() - due)


async def pause(seconds: float) -> None:
    await asyncio.sleep(seconds)


async def closed(perform: Perform, *, clients: int, seconds: float, chance: random.Random) -> Tally:
    """So many clients, each of whom asks once, and again as soon as it was answered."""
    tally, began = Tally(), time.monotonic()

    async def client(own: random.Random) -> None:
        now = began
        while now < began + seconds:
            await tally.note(perform, own, now)
            now = time.monotonic()

    await asyncio.gather(*(client(random.Random(chance.random())) for _number in range(clients)))
    tally.took = time.monotonic() - began
    return tally


async def offered(perform: Perform, *, rate: float, at_once: int, seconds: float, chance: random.Random) -> Tally:
    """So many a second, at random moments, however long answers take.

    Only ``at_once`` are on their way, as through a proxy's connections; others wait for their turn, and that counts.
    """
    tally, began = Tally(), time.monotonic()
    turns = asyncio.Semaphore(at_once)
    waiting: set[asyncio.Task[None]] = set()

    async def in_turn(own: random.Random, due: float) -> None:
        async with turns:
            await tally.note(perform, own, due)

    due = began
    while (due := due + chance.expovariate(rate)) < began + seconds:
        await pause(due - time.monotonic())
        if len(waiting) >= MOST_WAITING:
            tally.errors.append(f"{MOST_WAITING} requests were waiting")
            continue
        task = asyncio.create_task(in_turn(random.Random(chance.random()), due))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
    await asyncio.gather(*waiting)
    tally.took = time.monotonic() - began
    return tally


def percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]
