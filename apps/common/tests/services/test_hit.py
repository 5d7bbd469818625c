"""Rates: exact among threads, shared through Redis, kept in process while Redis is away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from apps.common.errors import TooManyRequests
from apps.common.limits import hit, spent
from apps.common.redis import PAUSE_SECONDS, RedisAway, redis_client, redis_forget, redis_or_away, redis_pool
from apps.common.testing import eventually


@pytest.fixture
def redis_away(settings: Any) -> Iterator[None]:
    """Redis where nobody listens."""
    redis_forget()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    yield
    redis_forget()


def tries(number: int, rate: str, *identifiers: str) -> int:
    """How many of so many uses at once get through."""

    def one(_number: int) -> bool:
        try:
            hit(rate, *identifiers)
        except TooManyRequests:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        return sum(pool.map(one, range(number)))


def test_it_works() -> None:
    for _use in range(3):
        hit("3/minute", "a")
    with pytest.raises(TooManyRequests) as refused:
        hit("3/minute", "a")
    assert refused.value.retry_after is not None
    assert 50 < refused.value.retry_after <= 60


def test_whether_it_is_spent_costs_nothing() -> None:
    for _look in range(3):
        assert not spent("1/minute", "looked-at")
    hit("1/minute", "looked-at")
    assert spent("1/minute", "looked-at")


def test_it_is_exact_among_threads() -> None:
    assert tries(200, "50/minute", str(uuid4())) == 50


def test_identifiers_are_apart() -> None:
    hit("1/minute", "a", "x")
    hit("1/minute", "a", "y")
    hit("1/minute", "ax")


def test_organizations_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    for schema in ("one", "two"):
        monkeypatch.setattr("apps.common.limits.connection", SimpleNamespace(schema_name=schema))
        hit("1/minute", "a")
    with pytest.raises(TooManyRequests):
        hit("1/minute", "a")


def test_several_rates_all_hold() -> None:
    rate = "2/second; 3/hour"
    assert tries(10, rate, "a") == 2
    eventually(lambda: tries(1, rate, "a"), interval=0.2)
    with pytest.raises(TooManyRequests) as refused:
        eventually(lambda: hit(rate, "a"), interval=1.1)
    assert (refused.value.retry_after or 0) > 1


def test_the_window_moves() -> None:
    assert tries(5, "2/second", "a") == 2
    eventually(lambda: tries(1, "2/second", "a"), interval=0.1)


def test_without_redis_the_process_counts_alone(redis_away: None) -> None:
    started = time.monotonic()
    assert tries(100, "20/minute", str(uuid4())) == 20
    assert time.monotonic() - started < PAUSE_SECONDS + 10


def test_redis_is_not_asked_again_at_once(redis_away: None, settings: Any) -> None:
    with pytest.raises(RedisAway), redis_or_away() as client:
        client.ping()
    with pytest.raises(RedisAway), redis_or_away():
        pytest.fail("asked again")  # the circuit is open: the body does not run


def test_redis_that_comes_back_is_used_again(settings: Any) -> None:
    address = settings.REDIS_URL
    redis_forget()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(RedisAway), redis_or_away() as client:
        client.ping()
    settings.REDIS_URL = address
    redis_client.cache_clear()
    redis_pool.cache_clear()

    def ask() -> bool:
        try:
            with redis_or_away() as back:
                return bool(back.ping())
        except RedisAway:
            return False

    assert not ask()
    assert eventually(ask)


def test_a_cut_connection_is_made_anew() -> None:
    with redis_or_away() as client:
        client.ping()
    redis_client().connection_pool.disconnect()
    hit("3/minute", "a")
    with redis_or_away() as client:
        assert client.ping()


def test_a_refusal_of_redis_opens_no_circuit() -> None:
    with pytest.raises(RedisAway), redis_or_away() as client:
        client.execute_command("NO-SUCH-COMMAND")  # type: ignore[no-untyped-call]
    with redis_or_away() as client:
        assert client.ping()
