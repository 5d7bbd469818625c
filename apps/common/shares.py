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

    def take(self, key: Key, *, now: float) -> bool:
        """Hands one use out, where one is left and its time is not over."""
        with self._lock:
            share = self._current(key, now)
            if share is None or not share.left:
                return False
            share.left -= 1
            return True

    def next_size(self, key: Key, *, most: int, now: float) -> int:
        """How many uses to count next: twice the last share where it was gone before its time, else one."""
        with self._lock:
            share = self._current(key, now)
            return 1 if share is None else min(2 * share.size, most)

    def _current(self, key: Key, now: float) -> _Share | None:
        share = self._shares.get(key)
        return share if share is not None and now < share.until else None

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
