"""First what can be done, then most of it for a long time; and what came of it."""

from __future__ import annotations

import asyncio
import random
import re
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psutil
from asgiref.sync import sync_to_async

from tests.live import Live
from tests.load.memory import MIB, Growth, Watch
from tests.load.mix import TIMEOUT_SECONDS, Mix, watch
from tests.load.pace import Tally, closed, offered, pause, percentile
from tests.load.scene import Scene

SHARE = 0.8
CLIENTS = (1, 2, 4, 8, 16, 32)
"""Of the steps in which capacity is looked for."""
STEP_SECONDS = 10.0
VIEWERS = 5
WARM_UP = 0.25
"""Of the time, in which memory may still grow."""
DRAIN_SECONDS = 120.0
SHOWN = 10
ENDURING = re.compile(r"guardian|config\.web")
"""Children that live as long as who started them."""


@dataclass
class Verdict:
    """What came of it."""

    tally: Tally
    growths: list[Growth]
    states: dict[str, int]
    watched: int
    problems: list[str]


async def load(live: Live, scene: Scene, chance: random.Random, minutes: float, rate: float | None) -> Verdict:
    # A connection that the server is about to close (after five idle seconds) must not be taken for another request.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=2.0)
    async with httpx.AsyncClient(base_url=scene.web.url, timeout=TIMEOUT_SECONDS, limits=limits) as http:
        mix, seen, troubles = Mix(scene, http), list[str](), list[str]()
        async with _beside(*(watch(mix, seen, troubles) for _number in range(VIEWERS))):
            at_once = max(CLIENTS)
            if rate is None:
                capacity, at_once = await _capacity(mix, chance)
                rate = SHARE * capacity
                say(f"capacity {capacity:.0f} actions a second; {rate:.0f} of them for {minutes:g} minutes")
            began, memory = time.monotonic(), Watch(_processes(live))
            async with _beside(memory.look()):
                tally = await offered(mix, rate=rate, at_once=at_once, seconds=60 * minutes, chance=chance)
                await _drained(scene)
    growths = memory.growths(began + WARM_UP * 60 * minutes)
    states = await sync_to_async(scene.states)()
    problems = [*tally.errors, *troubles, *(f"{name} is gone" for name in sorted(memory.gone))]
    problems += [f"{number} runs are {state}" for state, number in states.items() if state != "completed"]
    problems += [f"{one.name} grew by {one.grew / MIB:.1f} MiB" for one in growths if not one.is_flat]
    return Verdict(tally, growths, states, len(seen), problems + _complaints(live))


async def _capacity(mix: Mix, chance: random.Random) -> tuple[float, int]:
    """Actions a second of the best step, and its clients: more at once would only be in each other's way.

    What a step starts must also end, or a queue would be taken for speed.
    """
    best = 0.0, 0
    for clients in CLIENTS:
        began = time.monotonic()
        tally = await closed(mix, clients=clients, seconds=STEP_SECONDS, chance=chance)
        if tally.errors:
            raise SystemExit(f"refused while capacity was looked for: {tally.errors[:SHOWN]}")
        await _drained(mix.scene)
        rate = tally.done / (time.monotonic() - began)
        say(f"{clients:>3} clients  {tally.done / tally.took:6.1f} actions a second, {rate:6.1f} with the ends of runs")
        best = max(best, (rate, clients))
    return best


async def _drained(scene: Scene) -> None:
    """Until every run has ended, or for so long; what has not then, the states tell."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while await sync_to_async(scene.unfinished)() and time.monotonic() < deadline:
        await pause(0.05)


@asynccontextmanager
async def _beside(*coroutines: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Meanwhile; cancelled in the end, but what has failed by itself raises."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for error in ended:
        if isinstance(error, BaseException) and not isinstance(error, asyncio.CancelledError):
            raise error


def _processes(live: Live) -> dict[str, psutil.Process]:
    """Ours, the processes for HTTP and the guardian of the worker included; robots come and go."""
    found = {process.name: psutil.Process(process.pid) for process in live.processes}
    for process in live.processes:
        children = [child for child in process.descendants() if ENDURING.search(" ".join(child.cmdline()))]
        found |= {f"{process.name}'s {number}": child for number, child in enumerate(children, 1)}
    return found


def _complaints(live: Live) -> list[str]:
    """What the processes themselves call an error."""
    lines = ((process.name, line) for process in live.processes for line in process.output().splitlines())
    return [f"{name} wrote {line[:300]}" for name, line in lines if '"level": "error"' in line or "Traceback" in line]


def tell(verdict: Verdict) -> None:
    """Prints the tables."""
    tally = verdict.tally
    say(f"\n{'action':<18}{'number':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}")
    for name, seconds in sorted(tally.seconds.items()):
        times = "".join(f"{1000 * percentile(seconds, percent):9.0f}" for percent in (50, 95, 99))
        say(f"{name:<18}{len(seconds):>8}{times}")
    say(f"{'all':<18}{tally.done:>8}  {tally.done / tally.took:.1f} a second; {verdict.watched} runs watched live")
    say(f"runs: {', '.join(f'{number} {state}' for state, number in verdict.states.items())}")
    say(f"\n{'process':<22}{'MiB':>8}{'grew':>8}{'may':>8}")
    for one in verdict.growths:
        say(f"{one.name:<22}{one.began / MIB:>8.1f}{one.grew / MIB:>8.1f}{one.allowed / MIB:>8.1f}")
    say(f"\n{len(verdict.problems)} problems")
    for problem in verdict.problems[:SHOWN]:
        say(f"  {problem}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
