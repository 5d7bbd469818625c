"""The worker's side of the guardian: starts it when first needed, gives it orders."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from apps.robots.errors import SandboxFailed
from apps.robots.sandbox.guardian.messages import receive, send

_ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from apps.robots.sandbox.guardian.program import main; main()"
)
_START_SECONDS = 20.0
_BUSY_SECONDS = 0.1


class Guard:
    """A running guardian. What it starts dies with this process."""

    def __init__(self) -> None:
        """Start it and wait until it is ready; raises SandboxFailed when it is not within 20 s."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM, str(_ROOT), str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env={},
                start_new_session=True,
            )
        self.owner = os.getpid()
        self._gone = False
        self.pid = self._process.pid
        self._channel = ours
        self._lock = threading.Lock()
        ours.settimeout(_START_SECONDS)
        try:
            answer = receive(ours)
        except OSError as error:
            raise SandboxFailed("the guardian of the robots does not start") from error
        if answer is None:
            raise SandboxFailed("the guardian of the robots does not start")
        self.own_users = bool(answer[0]["own_users"])
        self.refusal = str(answer[0]["refusal"])

    def order(self, request: dict[str, Any], descriptors: Sequence[int]) -> None:
        """Have something started with these descriptors; raises OSError when the guardian is gone, or about to go."""
        try:
            with self._lock:
                send(self._channel, request, descriptors)
        except OSError:
            self._gone = True
            raise

    def trust(self, seconds: float) -> None:
        """Have everything ended unless this is said again within so many seconds. Waits for no order on its way."""
        if self._lock.acquire(timeout=_BUSY_SECONDS):
            try:
                send(self._channel, {"kind": "trust", "seconds": seconds})
            finally:
                self._lock.release()

    @property
    def is_alive(self) -> bool:
        return self.owner == os.getpid() and not self._gone and self._process.poll() is None

    def close(self) -> None:
        """End it and everything it started."""
        self._channel.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_START_SECONDS)


_current: Guard | None = None
_current_lock = threading.Lock()
_trusted_until = 0.0


def guard() -> Guard:
    """The guardian of this process; a new one after a fork or when the old one died."""
    global _current  # noqa: PLW0603  # one per process by nature
    with _current_lock:
        if _current is None or not _current.is_alive:
            _current = Guard()
            if (left := _trusted_until - time.monotonic()) > 0:
                _current.trust(left)
        return _current


def trust(seconds: float) -> None:
    """Robots of this process may go on for so long without another word: then it sleeps, and others have its work."""
    global _trusted_until  # noqa: PLW0603  # a new guardian has to know as well
    _trusted_until = time.monotonic() + seconds
    known = _current  # without the lock, which is held while a guardian starts
    if known is not None and known.is_alive:
        with suppress(OSError):
            known.trust(seconds)


def order(request: dict[str, Any], descriptors: Sequence[int]) -> None:
    """Give an order to the guardian, once more if it has just died. Raises SandboxFailed."""
    try:
        guard().order(request, descriptors)
    except OSError:
        try:
            guard().order(request, descriptors)
        except OSError as error:
            raise SandboxFailed("the guardian of the robots does not answer") from error
