"""So many at once in this process, and one over all threads and processes."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from apps.common.errors import TooManyRequests
from apps.common.redis import redis_client, redis_forget
from apps.common.turns import Turns, only_one, table_turn
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization


def test_it_works() -> None:
    with only_one("here", seconds=30), pytest.raises(TooManyRequests), only_one("here", seconds=30):
        pass
    with only_one("here", seconds=30):
        pass


def test_another_process() -> None:
    key = f"oficina:turns:{getattr(connection, 'schema_name', '')}:elsewhere"
    with redis_client().lock(key, timeout=30), pytest.raises(TooManyRequests), only_one("elsewhere", seconds=30):
        pass
    with only_one("elsewhere", seconds=30):
        pass


def test_who_is_refused_is_told_the_same_whoever_holds_the_turn() -> None:
    key = f"oficina:turns:{getattr(connection, 'schema_name', '')}:asked"
    for held in (only_one("asked", seconds=30), redis_client().lock(key, timeout=30)):
        with held, pytest.raises(TooManyRequests) as caught, only_one("asked", seconds=30):
            pass
        assert caught.value.retry_after == 30


def test_threads() -> None:
    had, start = [], threading.Barrier(4)

    def take() -> None:
        start.wait(10)
        try:
            with only_one("threads", seconds=30):
                had.append(True)
                start.wait(10)
        except TooManyRequests:
            had.append(False)
            start.wait(10)

    threads = [threading.Thread(target=take) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(had) == [False, False, False, True]


def test_redis_is_away(settings: Any) -> None:
    redis_forget()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    try:
        with only_one("away", seconds=30), pytest.raises(TooManyRequests), only_one("away", seconds=30):
            pass
    finally:
        redis_forget()


def test_so_many_of_all_and_of_each() -> None:
    turns = Turns(3, of_each=2, lasting=5)
    with turns.taken("a"), turns.taken("a"):
        with pytest.raises(TooManyRequests) as caught:
            turns.take("a")
        assert caught.value.retry_after == 5
        with turns.taken("b"), pytest.raises(TooManyRequests):
            turns.take("c")
    assert not turns._taken  # names that hold none are forgotten
    for name in ("a", "a", "b"):
        turns.take(name)


def test_a_turn_that_another_thread_gives_back_is_waited_for() -> None:
    turns = Turns(1, lasting=5)
    turns.take()
    waiting = threading.Thread(target=turns.take, kwargs={"seconds": 30})
    waiting.start()
    turns.give_back()
    waiting.join(20)
    with pytest.raises(TooManyRequests):
        turns.take()


def test_tables_leave_most_threads_to_others(organization: Organization, other_organization: Organization) -> None:
    with tenant_context(organization), table_turn():
        with pytest.raises(TooManyRequests), table_turn():
            pass
        with (
            tenant_context(other_organization),
            table_turn(),
            public_context(),
            pytest.raises(TooManyRequests),
            table_turn(),
        ):
            pass
    with tenant_context(organization), table_turn():
        pass
