"""bubblewrap's options for the part that is the same for every robot: what of the machine is there, and what is not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from apps.robots.sandbox import skeleton
from apps.robots.sandbox.guardian.program import GATE, INNER_NAMESPACE, OUTER_NAMESPACE, STATUS
from apps.robots.sandbox.namespaces import INSIDE_FROM, OUTSIDE_FROM, SETUP_FROM


def namespaces(*, user: int | None, network: bool) -> list[str]:
    """Own processes, messages, host name and user. ``user`` is the robot's on the machine when we are root."""
    options = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "robot"]
    if user is None:
        options += ["--unshare-user", "--uid", str(INSIDE_FROM), "--gid", str(INSIDE_FROM)]
    else:
        inside = str(user - OUTSIDE_FROM + SETUP_FROM)
        options += ["--userns", str(OUTER_NAMESPACE), "--userns2", str(INNER_NAMESPACE)]
        options += ["--uid", inside, "--gid", inside]
    if not network:
        options.append("--unshare-net")
    return [*options, "--die-with-parent", "--new-session", "--json-status-fd", str(STATUS), "--seccomp", str(GATE)]


def system(state: Path, *, readable: Iterable[Path]) -> list[str]:
    """A root of nothing but the system's programs, read-only, with places for what comes on top."""
    directories = skeleton.system_directories()
    options = ["--ro-bind", str(skeleton.skeleton(state, [*directories, *_outermost(_existing(readable))])), "/"]
    return options + _bind(directories)


def extras(*, readable: Iterable[Path], hidden: Iterable[Path]) -> list[str]:
    """What more is shown, read-only and at its own place, and what is covered inside all that is shown."""
    wanted = _existing(readable)
    shown = [*skeleton.system_directories(), *_outermost(wanted)]
    options = _bind(_outermost(wanted))
    for path in hidden:
        if any(path.is_relative_to(parent) for parent in shown):
            options += _mask(path, wanted)
    return options


def devices(shared_memory_bytes: int) -> list[str]:
    """Own /dev and /proc. Memory that looks like files is bounded or read-only."""
    shared = ["--perms", "1777", "--size", str(shared_memory_bytes), "--tmpfs", "/dev/shm"]  # noqa: S108  # inside
    return ["--dev", "/dev", *shared, "--remount-ro", "/dev", "--proc", "/proc"]


def _existing(paths: Iterable[Path]) -> list[Path]:
    return sorted({path.absolute() for path in paths if path.exists()})


def _bind(paths: Iterable[Path]) -> list[str]:
    return [option for path in paths for option in ("--ro-bind", str(path), str(path))]


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Without what lies inside another or the system; sorted paths in."""
    chosen: list[Path] = []
    for path in paths:
        if not any(path.is_relative_to(parent) for parent in (*skeleton.system_directories(), *chosen)):
            chosen.append(path)
    return chosen


def _mask(path: Path, wanted: list[Path]) -> list[str]:
    """Cover something that must stay hidden, but for what is wanted below it."""
    if path.is_dir():
        below = _outermost(other for other in wanted if other.is_relative_to(path) and other != path)
        cover = ["--perms", "0755", "--size", "65536", "--tmpfs", str(path)]
        return [*cover, *_bind(below), "--remount-ro", str(path)]
    return ["--ro-bind", "/dev/null", str(path)] if path.exists() else []
