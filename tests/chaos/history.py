"""What the clients said and heard, what was done to the program, what robots did outside: one JSON object a line."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any, Self

Event = dict[str, Any]


class History:
    """An append-only file. ``t`` is seconds since it began, by a clock that only goes forward."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    @property
    def now(self) -> float:
        return time.monotonic() - self._began

    def note(self, kind: str, **facts: Any) -> None:
        """Adds an event, flushed at once: a harness that dies leaves what it knew."""
        with self._lock:
            self._file.write(json.dumps({"t": round(self.now, 4), "kind": kind, **facts}, default=str) + "\n")
            self._file.flush()


def read(path: Path) -> list[Event]:
    """All events of a file, in order."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
