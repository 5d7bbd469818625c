"""Several uses of a rate counted at once: never more than the rate in all processes together, and few questions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from apps.common import limits
from apps.common.errors import TooManyRequests
from apps.common.limits import SPENT_WITHIN_SECONDS, hit_in_shares
from apps.common.redis import redis_forget
from apps.common.shares import Held

RATE = "600/minute"


def allowed(held: Held, identifier: str, rate: str = RATE) -> bool:
    try:
        hit_in_shares(rate, identifier, held=held)
    except TooManyRequests:
        return False
    return True


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every script that Redis is asked to run."""
    scripts: list[Any] = []
    execute = Redis.evalsha

    def recording(self: Any, *args: Any) -> Any:
        scripts.append(args)
        return execute(self, *args)

    monkeypatch.setattr(Redis, "evalsha", recording)
    return scripts


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that stands, so that every share is used up within its second, however slow the machine is."""
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 1000.0, time=time.time))


def test_it_works(asked: list[Any], still: None) -> None:
    held = Held()
    assert all(allowed(held, "a") for _use in range(600))
    assert len(asked) < 100  # one for each use, without shares
    with pytest.raises(TooManyRequests) as refused:
        hit_in_shares(RATE, "a", held=held)
    assert 1 <= (refused.value.retry_after or 0) <= 60 + SPENT_WITHIN_SECONDS


def test_it_is_exact_among_threads() -> None:
    held, identifier = Held(), str(uuid4())
    with ThreadPoolExecutor(16) as pool:
        through = sum(pool.map(lambda _use: allowed(held, identifier), range(900)))
    assert through <= 600


def test_processes_together_have_no_more_than_the_rate(still: None) -> None:
    processes, identifier = [Held() for _process in range(4)], str(uuid4())
    through = sum(allowed(processes[use % 4], identifier) for use in range(900))
    assert 600 - 4 * limits._MOST_AT_ONCE <= through <= 600


def test_who_asks_seldom_is_counted_one_by_one() -> None:
    held = Held()
    for moment in (10.0, 12.0, 14.0):
        assert not held.take(("a",), now=moment)
        assert held.next_size(("a",), most=16, now=moment) == 1
        held.put(("a",), size=1, until=moment + 1)


def test_shares_double_while_they_are_used_up_in_time() -> None:
    held, sizes = Held(), []
    for _use in range(40):
        if not held.take(("a",), now=1.0):
            sizes.append(held.next_size(("a",), most=8, now=1.0))
            held.put(("a",), size=sizes[-1], until=2.0)
    assert sizes == [1, 2, 4, 8, 8, 8, 8, 8]


def test_what_is_left_of_a_share_is_not_used_later() -> None:
    held = Held()
    held.put(("a",), size=8, until=2.0)
    assert held.take(("a",), now=1.9)
    assert not held.take(("a",), now=2.0)
    assert held.next_size(("a",), most=8, now=2.0) == 1


@pytest.mark.parametrize("rate", ["3/minute", "70/minute", "100/second", "1000/minute; 3/hour"])
def test_low_rates_and_short_windows_are_counted_one_by_one(rate: str) -> None:
    held = Held()
    hit_in_shares(rate, "a", held=held)
    assert not held._shares


def test_without_redis_the_process_counts_alone(redis_away: None) -> None:
    held, identifier = Held(), str(uuid4())
    assert sum(allowed(held, identifier, "100/minute") for _use in range(150)) == 100


@pytest.fixture
def redis_away(settings: Any) -> Iterator[None]:
    """Redis where nobody listens."""
    redis_forget()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    yield
    redis_forget()
