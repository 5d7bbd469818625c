"""Locks that let several processes use one pair of servers: the last to leave turns them off."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Users:
    """
    One process's share in the servers of a data directory.

    The kernel lets go of a share when its process ends, however it ends, so a killed process never counts as a user.
    """

    def __init__(self, data_directory: Path) -> None:
        self._file = (data_directory / "servers.users").open("ab")
        os.register_at_fork(after_in_child=self._file.close)  # a child that outlives us is no user
        fcntl.flock(self._file, fcntl.LOCK_SH)  # waits while the last user before us turns the servers off

    def am_last(self) -> bool:
        """Whether nobody else has a share. If so, newcomers wait until `leave`."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @property
    def left(self) -> bool:
        return self._file.closed

    def leave(self) -> None:
        self._file.close()


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let one process at a time through; the others wait."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
