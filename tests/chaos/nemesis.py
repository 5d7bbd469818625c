"""The one who does harm: a schedule of faults that follows from a seed, and what each of them does."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

import psutil

from tests.chaos.history import History
from tests.chaos.observer import LOOK_SECONDS, Observer
from tests.chaos.proxy import Proxy
from tests.chaos.world import Member, World

DEATH_SECONDS = 2.0
"""How long a robot may outlive its worker, on a busy machine."""
BUSY_SECONDS = 5.0
"""How long a worker with nothing to do is spared, for harm to the idle shows little."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One blow: to whom, for how long, and how long the program then has before the next one."""

    name: str
    target: int
    seconds: float
    rest: float
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A kind of fault: how often it comes, how long it lasts (in leases), whether it hurts the servers."""

    weight: int
    shortest: float = 0.0
    longest: float = 0.0
    servers: bool = False


WAYS = {
    "kill web": Way(10),
    "kill worker": Way(16),
    "kill beat": Way(4),
    "kill guardian": Way(8),
    "pause worker": Way(12, 1.2, 2.0),
    "pause web": Way(4, 0.2, 0.8),
    "flush redis": Way(8),
    "restart redis": Way(5),
    "cut redis": Way(6),
    "hang redis": Way(4, 0.3, 1.5),
    "restart postgresql": Way(4, servers=True),
    "cut postgresql": Way(7, servers=True),
    "cut worker off": Way(8, 1.2, 2.0),
    "hang postgresql": Way(4, 0.2, 1.0, servers=True),
    "delay postgresql": Way(5, 0.3, 1.0, servers=True),
}
DELAY_SECONDS = 0.05


def plan(seed: int, count: int, *, lease: float, without: Sequence[str] = ()) -> list[Fault]:
    """The faults that follow from a seed, always the same; each kind once before any comes by chance."""
    chance = random.Random(seed)
    names = [name for name in WAYS if name not in without]
    first = chance.sample(names, min(count, len(names)))
    more = chance.choices(names, [WAYS[name].weight for name in names], k=count - len(first))
    return [
        Fault(
            name,
            target=chance.randrange(1000),
            seconds=round(lease * chance.uniform(WAYS[name].shortest, WAYS[name].longest), 2),
            rest=round(lease * chance.uniform(0.1, 1.0), 2),
            drop=chance.random() < 0.5,
        )
        for name in (*first, *more)
    ]


class Nemesis:
    """Does harm to a world, one fault after the other, and writes it down."""

    def __init__(self, *, world: World, observer: Observer, history: History) -> None:
        self.world, self.observer, self.history = world, observer, history
        self._deaths: list[threading.Thread] = []
        self._clock = threading.Event()  # never set: a wait that lasts
        self._ways: dict[str, Callable[[Fault], None]] = {
            "kill web": lambda fault: self._kill(self._one("web", fault)),
            "kill worker": lambda fault: self._kill(self._one("worker", fault)),
            "kill beat": lambda fault: self._kill(self._one("beat", fault)),
            "kill guardian": self._kill_guardian,
            "pause worker": lambda fault: self._pause(self._one("worker", fault), fault.seconds),
            "pause web": lambda fault: self._pause(self._one("web", fault), fault.seconds),
            "flush redis": lambda _fault: self.world.redis_flush(),
            "restart redis": lambda _fault: self._restart_redis(),
            "cut redis": lambda _fault: self.world.redis_proxy.cut(),
            "hang redis": lambda fault: self._hang([self.world.redis_proxy], fault),
            "restart postgresql": lambda _fault: self._restart_postgresql(),
            "cut postgresql": lambda _fault: self._cut_postgresql(),
            "cut worker off": self._cut_off,
            "hang postgresql": lambda fault: self._hang(self._ways_to_postgresql(), fault),
            "delay postgresql": self._delay,
        }

    def strike(self, faults: Sequence[Fault]) -> Iterator[Fault]:
        """Each fault, done and healed; the caller may stop in between."""
        for fault in faults:
            begins = self.history.now
            self._ways[fault.name](fault)
            servers = WAYS[fault.name].servers
            self.history.note("fault", **asdict(fault), begins=begins, ends=self.history.now, servers=servers)
            yield fault
            self._clock.wait(fault.rest)

    def heal(self) -> None:
        """Everything as it should be, as far as the nemesis can do that."""
        for proxy in self.world.proxies():
            proxy.heal()
        for member in self.world.fleet.members:
            if member.process is not None and member.process.running:
                with suppress(ProcessLookupError):
                    member.process.resume()
        for thread in self._deaths:
            thread.join(2 * DEATH_SECONDS)

    def _one(self, role: str, fault: Fault) -> Member:
        members = self.world.fleet.of_role(role)
        return members[fault.target % len(members)]

    def _ways_to_postgresql(self) -> list[Proxy]:
        return [member.postgresql for member in self.world.fleet.members]

    # -- processes

    def _kill(self, member: Member) -> None:
        children = self._blow(member)
        if member.process is not None and member.process.running:
            member.process.kill()
        self._must_die(children)

    def _blow(self, member: Member) -> list[psutil.Process]:
        """Notes what a worker holds right now, or soon when it is idle; returns its processes."""
        if member.role == "worker":
            self.observer.follow(self._held_by(member), worker=f"{member.name}/{member.pid}")
        return member.children()

    def _held_by(self, member: Member) -> Sequence[tuple[str, str]]:
        spared_until = time.monotonic() + BUSY_SECONDS
        while not (held := self.observer.held_by(member.pid)) and time.monotonic() < spared_until:
            self._clock.wait(LOOK_SECONDS)
        return held

    def _kill_guardian(self, fault: Fault) -> None:
        guardian = self._one("worker", fault).guardian()
        if guardian is None:
            return
        with suppress(psutil.NoSuchProcess):
            children = guardian.children(recursive=True)
            guardian.kill()
            self._must_die(children)

    def _must_die(self, processes: list[psutil.Process]) -> None:
        """Whatever lives on is an orphan; looked at in a thread, for the next fault does not wait."""

        def look() -> None:
            _gone, alive = psutil.wait_procs(processes, DEATH_SECONDS)
            for process in alive:
                with suppress(psutil.NoSuchProcess):
                    self.history.note("orphan", pid=process.pid, command=" ".join(process.cmdline())[:200])

        self._deaths.append(threading.Thread(target=look, name="deaths", daemon=True))
        self._deaths[-1].start()

    def _pause(self, member: Member, seconds: float) -> None:
        self._blow(member)
        process = member.process
        if process is None or not process.running:
            return
        process.pause()
        self._clock.wait(seconds)
        with suppress(ProcessLookupError):
            process.resume()

    # -- servers and the ways to them

    def _restart_redis(self) -> None:
        self.world.redis.stop()
        self.world.redis.start()

    def _restart_postgresql(self) -> None:
        """As in an emergency: every session is ended in the middle, recovery replays what was committed."""
        server = self.world.postgresql
        pid = server.pid() if server is not None else None
        if server is None or pid is None:
            return
        os.kill(pid, signal.SIGQUIT)
        psutil.wait_procs([psutil.Process(pid)], 30)
        server.start()

    def _cut_postgresql(self) -> None:
        for proxy in self._ways_to_postgresql():
            proxy.cut()

    def _cut_off(self, fault: Fault) -> None:
        """One worker alone reaches PostgreSQL no more, beyond its lease, and hears nothing of it."""
        member = self._one("worker", fault)
        self._blow(member)
        self._hang([member.postgresql], fault)

    def _hang(self, proxies: list[Proxy], fault: Fault) -> None:
        for proxy in proxies:
            proxy.hang()
        self._clock.wait(fault.seconds)
        for proxy in proxies:
            proxy.heal(drop=fault.drop)

    def _delay(self, fault: Fault) -> None:
        for proxy in self._ways_to_postgresql():
            proxy.delay = DELAY_SECONDS
        self._clock.wait(fault.seconds)
        for proxy in self._ways_to_postgresql():
            proxy.delay = 0.0
