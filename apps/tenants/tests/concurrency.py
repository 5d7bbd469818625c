"""Running the same thing in several threads at one instant, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")
_SECONDS = 60


def at_once(function: Callable[[int], T], number: int) -> list[T]:
    """What ``function(0)`` … ``function(number - 1)`` return, all started together; the first error is raised."""
    gate = threading.Barrier(number)

    def work(index: int) -> T:
        try:
            gate.wait(_SECONDS)
            return function(index)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return [done.result(_SECONDS) for done in [pool.submit(work, index) for index in range(number)]]
