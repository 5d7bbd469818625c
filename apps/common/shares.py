"""Uses of a rate that were counted in Redis at once and wait in this process to be handed out."""

from __future__ import annotations

import threading
from dataclasses import dataclass

Key = tuple[str, ...]
_MANY = 4096


@dataclass(slots=True)
class _Share:
    size: int
    left: int
    until: float


class Held:
    """The shares of one process; thread-safe. Times are those of ``time.monotonic()``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shares: dict[Key, _Share] = {}

    def take(self, key: Key, *, most: int, now: float) -> int:
        """Hands one use out and returns 0; where none is left, how many to count next.

        Twice as many as the last time where those were gone before their time, else one.
        """
        with self._lock:
            share = self._shares.get(key)
            if share is None or now >= share.until:
                return 1
            if share.left:
                share.left -= 1
                return 0
            return min(2 * share.size, most)

    def put(self, key: Key, *, size: int, until: float) -> None:
        """Keeps what was counted, but for the one use it was counted for."""
        with self._lock:
            share = self._shares.get(key)
            if share is not None and share.left:  # another thread was quicker
                share.left, share.until = share.left + size - 1, min(share.until, until)
                return
            if len(self._shares) >= _MANY:
                self._shares = {kept: each for kept, each in self._shares.items() if each.until > until - 1}
            self._shares[key] = _Share(size, size - 1, until)
