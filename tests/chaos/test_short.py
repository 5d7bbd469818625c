"""A few faults; every law must hold but the speed of recovery, which a busy machine may break."""

from __future__ import annotations

import json

from tests.chaos.checker import CHECKS, check
from tests.chaos.history import read
from tests.chaos.nemesis import Fault
from tests.chaos.run import Scene, chaos
from tests.live import Live

LEASE_SECONDS = 2.0
SPEED = "recovery within 1.5 leases (p95)"
FAULTS = [
    Fault("kill worker", target=0, seconds=0.0, rest=0.5),
    Fault("flush redis", target=0, seconds=0.0, rest=0.2),
    Fault("cut worker off", target=1, seconds=2.6, rest=0.2, drop=True),
    Fault("kill web", target=0, seconds=0.0, rest=0.2),
    Fault("cut postgresql", target=0, seconds=0.0, rest=0.2),
    Fault("pause worker", target=0, seconds=2.6, rest=0.2),
]


def test_it_works(live: Live) -> None:
    scene = Scene(
        directory=live.directory,
        database_url=live.home.url,
        redis_url=live.redis.url,
        redis=live.redis,
        postgresql=None,
        lease=LEASE_SECONDS,
        organizations=2,
        webs=1,
        workers=2,
        clients=2,
        pause=0.3,
    )
    history = read(chaos(scene, FAULTS, seed=1))
    verdict = check(history)
    broken = {name: problems for name, problems in verdict.problems.items() if problems and name != SPEED}
    assert not broken, json.dumps(broken, indent=1)[:4000]
    assert set(verdict.problems) == set(CHECKS)
    kinds = {event["kind"] for event in history}
    assert {"asked", "told", "effect", "seen", "held", "freed", "fault", "final", "chunk", "ledger"} <= kinds
