"""Threads that a process has one of for as long as it lives."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress


def forever(act: Callable[[], object]) -> None:
    """Waits for something to do and does it, which is ``act``, again and again: nobody would start the thread anew.

    ``act`` tells what went wrong. Where it cannot, for telling fails as well, the next one is done all the same.
    """
    while True:
        with suppress(Exception):
            act()
