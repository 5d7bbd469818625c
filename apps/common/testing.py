"""What tests of every app share."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T], *, seconds: float = 10.0, interval: float = 0.02) -> T:
    """Waits until ``probe()`` is truthy and returns it; fails with the last value after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {seconds} s: {probe!r} gave {value!r}")
        time.sleep(interval)
