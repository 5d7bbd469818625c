"""The guardian's loop: start what the worker asks for, reap what ends, kill everything when the worker is gone.

A worker that says how long it may be trusted, and then says nothing more, counts as gone: it sleeps, and others have
been given its work. (Where orphans cannot be adopted, on macOS, only keepers could end robots, and that is left out.)
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import Any

from apps.robots.sandbox.guardian.families import Family, adopt_orphans, reap
from apps.robots.sandbox.guardian.keeper import keep
from apps.robots.sandbox.guardian.messages import receive, send

# Where bubblewrap finds its descriptors.
ARGUMENTS, STATUS, GATE, OUTER_NAMESPACE, INNER_NAMESPACE = 3, 4, 5, 6, 7
_FREE_FROM = 20
_LONGEST_WAIT_SECONDS = 3600.0


class Guardian:
    """One per worker process, single-threaded."""

    def __init__(self, worker: socket.socket, namespaces: tuple[int, ...], *, adopting: bool) -> None:
        self._worker = worker
        self._namespaces = namespaces
        self._adopting = adopting
        self._trusted_until = math.inf
        self._alarm, ring = os.pipe()
        for descriptor in (self._alarm, ring):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(ring, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Until the worker closes its end of the socket, dies, or sleeps for too long."""
        selector = selectors.DefaultSelector()
        selector.register(self._worker, selectors.EVENT_READ)
        selector.register(self._alarm, selectors.EVENT_READ)
        while True:
            left = self._trusted_until - time.monotonic()
            ready = {key.fileobj for key, _events in selector.select(min(max(left, 0), _LONGEST_WAIT_SECONDS))}
            if not ready and left <= 0:
                return
            if self._alarm in ready:
                os.read(self._alarm, 512)
                reap()
            if self._worker in ready and not self._take_order():
                return

    def _take_order(self) -> bool:
        try:
            received = receive(self._worker)
        except OSError:
            return False
        if received is None:
            return False
        request, descriptors = received
        if request["kind"] == "trust":
            if self._adopting:
                self._trusted_until = time.monotonic() + request["seconds"]
            return True
        raised = [_raise(descriptor) for descriptor in descriptors]
        try:
            self._start_sandbox(request, raised) if request["kind"] == "sandbox" else self._fork_keeper(request, raised)
        except (OSError, ValueError) as error:
            # output, errors, status, …: the third tells the worker.
            with suppress(OSError):
                os.write(raised[2], json.dumps({"error": str(error)}).encode() + b"\n")
        finally:
            for descriptor in raised:
                os.close(descriptor)
        return True

    def _start_sandbox(self, request: dict[str, Any], descriptors: list[int]) -> None:
        places = dict(zip(request["places"], descriptors, strict=True))
        places |= dict(zip((OUTER_NAMESPACE, INNER_NAMESPACE), self._namespaces, strict=False))
        actions = [(os.POSIX_SPAWN_DUP2, source, target) for target, source in places.items()]
        os.posix_spawn(
            request["arguments"][0],
            request["arguments"],
            {},
            file_actions=actions,
            setsid=True,
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP],
        )

    def _fork_keeper(self, request: dict[str, Any], descriptors: list[int]) -> None:
        if os.fork() != 0:
            return
        try:
            os.setsid()
            self._worker.close()
            os.closerange(3, _FREE_FROM)
            keep(request, *descriptors)
        finally:
            os._exit(1)


def main() -> None:
    """Entry point: the socket to the worker is the descriptor named first, which no robot may inherit."""
    worker = socket.socket(fileno=_raise(int(sys.argv[1])))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    adopting = adopt_orphans()
    namespaces, refusal = _namespaces()
    send(worker, {"own_users": bool(namespaces), "refusal": refusal})
    Guardian(worker, namespaces, adopting=adopting).serve()
    worker.close()  # one that wakes up just now shall have another guardian started
    if adopting:
        Family(os.getpid(), adopting=True).kill(seconds=30, each_round=reap)
    else:
        # Keepers have noticed as well and end their robots; nobody else is below us.
        with suppress(ChildProcessError):
            while True:
                os.wait()


def _raise(descriptor: int) -> int:
    """Move a descriptor out of the way of the numbers that sandboxes expect."""
    raised = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FREE_FROM)
    os.close(descriptor)
    return raised


def _namespaces() -> tuple[tuple[int, ...], str]:
    """Namespaces for robots of root; none for other users, whose sandboxes make their own."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return (), ""
    from apps.robots.sandbox.namespaces import prepare  # noqa: PLC0415  # only as root

    try:
        return tuple(_raise(descriptor) for descriptor in prepare()), ""
    except OSError as error:
        return (), f"user namespaces cannot be prepared: {error}"


if __name__ == "__main__":
    main()
