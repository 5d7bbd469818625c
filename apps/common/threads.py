"""Threads that a process has one of for as long as it lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import structlog

logger = structlog.get_logger(__name__)
PAUSE_SECONDS = 1.0


def forever(act: Callable[[], object]) -> None:
    """Waits for something to do and does it, which is ``act``, again and again: nobody would start the thread anew.

    What went wrong is told, and after a pause, for it may go wrong at once, the next one is done; where telling fails
    as well, that is so all the same. What ``act`` expects to go wrong it sees to itself.
    """
    while True:
        try:
            act()
        except Exception:
            with suppress(Exception):
                logger.exception("thread_failed", thread=threading.current_thread().name)
            time.sleep(PAUSE_SECONDS)
