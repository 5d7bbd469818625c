"""Users for robots of a worker that runs as root: one each, out of a range that nobody on the machine has.

Limits on processes count by user, and a robot must not own what another one left. Workers of ordinary users need none
of this: their robots live in user namespaces of their own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from apps.robots.errors import SandboxFailed
from apps.robots.sandbox.available import Sandbox
from apps.robots.sandbox.namespaces import OUTSIDE_FROM, USERS

_taken: set[int] = set()
_lock = threading.Lock()


@contextmanager
def sandbox_user(sandbox: Sandbox) -> Iterator[int | None]:
    """A user id of the machine that no other robot of this worker has; None where robots have our own.

    Raises SandboxFailed when all are taken.
    """
    if not sandbox.own_users:
        yield None
        return
    with _lock:
        number = next((number for number in range(USERS) if number not in _taken), None)
        if number is None:
            raise SandboxFailed(f"more than {USERS} robots at once")
        _taken.add(number)
    owner = os.getpid()
    try:
        yield OUTSIDE_FROM + number
    finally:
        if owner == os.getpid():  # in a child it is its parent's, and the lock may be held by a thread that is no more
            with _lock:
                _taken.discard(number)
