"""User namespaces for a worker that runs as root; standard library only, it runs inside the guardian.

Root cannot simply hand over to another user: the interpreter may lie in root's home, which only root can enter. So two
namespaces are prepared, once. In the outer one, where bubblewrap mounts, every user of the machine has a number and
may be read; the inner one, where the robot lives, knows only the robots' users, and no further namespace can be made.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from pathlib import Path

USERS = 1024  # robots at once in one worker
OUTSIDE_FROM = 0x70000000  # on the machine: beyond every range that distributions hand out
SETUP_FROM = 100_000  # in the outer namespace
INSIDE_FROM = 1000  # as the robot sees it
_NEW_USER_NAMESPACE = 0x10000000
_MACHINE_USERS = 65_535


def prepare() -> tuple[int, int]:
    """Open the outer and the inner namespace. Raises OSError where the kernel or a container refuses them."""
    outer = f"0 {OUTSIDE_FROM - 1} 1\n1 0 {_MACHINE_USERS}\n{SETUP_FROM} {OUTSIDE_FROM} {USERS}\n"
    inner = f"{INSIDE_FROM} {SETUP_FROM} {USERS}\n"

    def hold_inner(answer: int, question: int) -> None:
        Path("/proc/sys/user/max_user_namespaces").write_text("1", encoding="ascii")
        pid, ready, done = _fork_into_namespace(None)
        _map(pid, inner)
        os.write(answer, str(pid).encode())
        os.read(question, 1)
        _end(pid, ready, done)

    pid, ready, go = _fork_into_namespace(hold_inner)
    try:
        _map(pid, outer)
        outer_descriptor = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        os.write(go, b"1")
        answer = os.read(ready, 20)
        if not answer:
            raise PermissionError("the kernel or the container refuses nested user namespaces")
        return outer_descriptor, os.open(f"/proc/{int(answer)}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        _end(pid, ready, go)


def _fork_into_namespace(then: Callable[[int, int], None] | None) -> tuple[int, int, int]:
    """A child in a new user namespace, what it says, and the way to let it go on."""
    ready, says = os.pipe()
    hears, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ready)
        os.close(go)
        _hold(says, hears, then)
    os.close(says)
    os.close(hears)
    if os.read(ready, 1) != b"1":
        _end(pid, ready, go)
        raise PermissionError("the kernel or the container refuses user namespaces")
    return pid, ready, go


def _hold(says: int, hears: int, then: Callable[[int, int], None] | None) -> None:
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.unshare(_NEW_USER_NAMESPACE) != 0:
            os._exit(1)
        os.write(says, b"1")
        if os.read(hears, 1) and then is not None:
            then(says, hears)
        os._exit(0)
    except OSError:
        os._exit(1)


def _map(pid: int, lines: str) -> None:
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{pid}/{name}").write_text(lines, encoding="ascii")


def _end(pid: int, ready: int, go: int) -> None:
    os.close(go)
    os.close(ready)
    os.waitpid(pid, 0)
