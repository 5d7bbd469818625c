"""How the rest of the program reaches a running robot: two wishes, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Control:
    """``cancel`` asks for an orderly end. ``lose`` says that the run is not ours any more: its processes are killed at
    once, in the caller's thread, even while the supervisor is busy writing."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.lost = threading.Event()
        self._lock = threading.Lock()
        self._kill: Callable[[], None] | None = None

    def cancel(self) -> None:
        self.cancelled.set()

    def lose(self) -> None:
        self.lost.set()
        with self._lock:
            if self._kill is not None:
                self._kill()

    def attach(self, kill: Callable[[], None]) -> None:
        """From now on there is something to kill."""
        with self._lock:
            self._kill = kill
            if self.lost.is_set():
                kill()

    def detach(self) -> None:
        """There is nothing to kill any more."""
        with self._lock:
            self._kill = None
