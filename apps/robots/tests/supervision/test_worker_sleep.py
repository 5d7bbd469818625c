"""A worker that says how long it may be trusted, and then nothing more, loses its robots though it lives."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from apps.common.testing import eventually
from apps.robots.sandbox.guard import guard, trust
from apps.robots.tests.running import Runner
from apps.robots.tests.supervision.test_supervise import DAEMON, alive

A_YEAR = 365 * 86_400.0


@pytest.fixture(autouse=True)
def _trusted_again() -> Iterator[None]:
    """Later robots of this process are no business of these tests."""
    yield
    trust(A_YEAR)


def test_it_works(either: Runner) -> None:
    mark = f"sleep-{os.getpid()}-{time.monotonic_ns()}"
    robot = either.in_background(DAEMON.format(mark=mark, then="time.sleep(60)"))
    eventually(lambda: either.saw("up") and alive(mark))
    trust(0.2)
    assert not robot.report().succeeded
    assert not alive(mark)


def test_who_says_it_again_keeps_them(either: Runner) -> None:
    trust(1.5)
    robot = either.in_background("import time; time.sleep(2)")

    def done() -> bool:
        trust(1.5)
        return robot.done

    eventually(done, interval=0.1)
    assert robot.report().succeeded


def test_awake_again_it_starts_robots_as_before(either: Runner) -> None:
    asleep = guard().pid
    trust(0)
    eventually(lambda: not guard().is_alive or guard().pid != asleep)
    assert either.run("print('again')").succeeded
    assert guard().pid != asleep


def test_a_guardian_that_starts_later_knows(either: Runner) -> None:
    guard().close()
    trust(2)
    assert not either.run("import time; time.sleep(60)").succeeded
