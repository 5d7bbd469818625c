"""One at a time, over all threads and processes."""

from __future__ import annotations

import threading
from typing import Any

from django.db import connection

from apps.common.redis import redis_client, redis_forget
from apps.common.turns import only_one


def test_it_works() -> None:
    with only_one("here", seconds=30) as ours, only_one("here", seconds=30) as again:
        assert (ours, again) == (True, False)
    with only_one("here", seconds=30) as ours:
        assert ours


def test_another_process() -> None:
    key = f"oficina:turns:{getattr(connection, 'schema_name', '')}:elsewhere"
    with redis_client().lock(key, timeout=30), only_one("elsewhere", seconds=30) as ours:
        assert not ours
    with only_one("elsewhere", seconds=30) as ours:
        assert ours


def test_threads() -> None:
    had, start = [], threading.Barrier(4)

    def take() -> None:
        start.wait(10)
        with only_one("threads", seconds=30) as ours:
            had.append(ours)
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
        with only_one("away", seconds=30) as ours, only_one("away", seconds=30) as again:
            assert (ours, again) == (True, False)
    finally:
        redis_forget()
