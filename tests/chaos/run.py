"""One run of the chaos, from the making of the organizations to the reading of what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from django.db import connection

from apps.common.testing import eventually
from tests.chaos.collector import Collector
from tests.chaos.generator import Generator
from tests.chaos.history import History
from tests.chaos.nemesis import DEATH_SECONDS, Fault, Nemesis
from tests.chaos.observer import Observer
from tests.chaos.organizations import Party, note_finals, party, runs_of, unfinished
from tests.chaos.world import Server, world

SETTLE_SECONDS = 180.0
Progress = Callable[[Iterable[Fault]], Iterable[Fault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The servers, and how much there is of everything."""

    directory: Path
    database_url: str
    redis_url: str
    redis: Server
    postgresql: Server | None
    lease: float
    organizations: int = 3
    webs: int = 2
    workers: int = 3
    slots: int = 4
    clients: int = 4
    pause: float = 0.5
    """Seconds between two requests of a client, on average."""


def chaos(scene: Scene, faults: list[Fault], *, seed: int, progress: Progress = iter) -> Path:
    """Lets clients start runs while the faults happen, heals everything, waits, and returns the history's file."""
    path = scene.directory / "history.jsonl"
    parties = [party(f"Chaos {number}") for number in range(scene.organizations)]
    with History(path) as history:
        history.note("began", seed=seed, lease=scene.lease, faults=len(faults))
        _storm(scene, faults, parties, history, seed, progress)
        note_finals(parties, history)
        history.note("ended")
    return path


def _storm(
    scene: Scene, faults: list[Fault], parties: list[Party], history: History, seed: int, progress: Progress
) -> None:
    with ExitStack() as stack:
        collector = stack.enter_context(Collector(history))
        around = stack.enter_context(
            world(
                history=history,
                directory=scene.directory,
                database_url=scene.database_url,
                redis_url=scene.redis_url,
                redis_server=scene.redis,
                postgresql_server=scene.postgresql,
                webs=scene.webs,
                workers=scene.workers,
                environment=_environment(scene),
            )
        )
        schemas = [one.schema for one in parties]
        observer = stack.enter_context(Observer(url=scene.database_url, schemas=schemas, history=history).running())
        clients = Generator(parties=parties, webs=around.webs(), collector=collector.port, history=history, seed=seed)
        nemesis = Nemesis(world=around, observer=observer, history=history)
        with clients.running(clients=scene.clients, pause=scene.pause):
            for _fault in progress(nemesis.strike(faults)):
                pass
            nemesis.heal()
        history.note("healed")
        _settle(parties, observer, history)
    _look_for_orphans(runs_of(parties), history)


def _environment(scene: Scene) -> dict[str, str]:
    return {
        "LEASE_SECONDS": str(scene.lease),
        "WORKER_SLOTS": str(scene.slots),
        "ACCESS_TOKEN_SECONDS": "86400",
        "RATE_LIMIT_API": "100000/minute",
        "RATE_LIMIT_ANONYMOUS": "100000/minute",
        "PYTHONUNBUFFERED": "1",
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",
    }


def _settle(parties: list[Party], observer: Observer, history: History) -> None:
    """Waits until every run has ended; what has not by then is for the checker to tell."""
    connection.close()  # it may have been cut with all others
    try:
        eventually(lambda: unfinished(parties) == 0 and not observer.still_held, seconds=SETTLE_SECONDS, interval=0.2)
    except AssertionError:
        history.note("unsettled", unfinished=unfinished(parties), held=observer.still_held)


def _look_for_orphans(runs: set[str], history: History) -> None:
    """Robots that are still there although all workers are gone, and had their time to go."""
    _gone, alive = psutil.wait_procs(list(_robots(runs)), DEATH_SECONDS)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            history.note("orphan", pid=process.pid, command=" ".join(process.cmdline())[:200])


def _robots(runs: set[str]) -> Iterator[psutil.Process]:
    """Whatever runs on this machine with the id of one of our runs in its environment."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("OFICINA_RUN_ID") in runs:
                yield process
