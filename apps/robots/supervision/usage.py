"""What the kernel does not bound for a whole run: disk, memory of all processes together, their number."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import psutil

from apps.robots.packages.trees import TreeUsage, tree_usage
from apps.robots.sandbox.guardian.families import Family
from apps.robots.sandbox.policy import MIB, ResourceLimits
from apps.robots.sandbox.workspace import Workspace

# A look may cost this share of the time between looks.
_SHARE = 20
_MEMORY_EVERY = 2


class UsageWatch:
    """Looks at intervals, and rarer when looking is expensive."""

    def __init__(
        self,
        workspace: Workspace,
        limits: ResourceLimits,
        family: Family,
        *,
        seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._workspace, self._limits, self._family = workspace, limits, family
        self._seconds, self._clock = seconds, clock
        self._looks = 0
        self.next_look = clock() + seconds

    def look_if_due(self) -> str | None:
        """The limit that is broken, in words; None while all is well."""
        if self._clock() < self.next_look:
            return None
        began = time.monotonic()
        self._looks += 1
        problem = self.disk() or (self._processes() if self._looks % _MEMORY_EVERY == 0 else None)
        self.next_look = self._clock() + max(self._seconds, (time.monotonic() - began) * _SHARE)
        return problem

    def disk(self) -> str | None:
        """Look at artifacts and scratch now."""
        limits, places = self._limits, self._workspace
        artifacts = tree_usage(places.artifacts)
        if _exceeds(artifacts.entries, limits.artifacts_count):
            return f"More than {limits.artifacts_count} artifacts"
        if _exceeds(artifacts.bytes, limits.artifacts_bytes):
            return f"Artifacts larger than {_mib(limits.artifacts_bytes)}"
        work, temporary = tree_usage(places.work), tree_usage(places.temporary)
        scratch = TreeUsage(
            work.entries + temporary.entries,
            work.bytes + temporary.bytes,
            work.too_deep or temporary.too_deep or artifacts.too_deep,
        )
        if scratch.too_deep:
            return "Directories nested too deeply"
        if _exceeds(scratch.entries, limits.scratch_entries):
            return f"More than {limits.scratch_entries} files"
        if _exceeds(scratch.bytes, limits.scratch_bytes):
            return f"Files larger than {_mib(limits.scratch_bytes)} together"
        return None

    def too_many_processes(self) -> str:
        return f"More than {self._limits.processes} processes"

    def _processes(self) -> str | None:
        members = self._family.members()
        # The sandbox's own first process is not the robot's doing.
        if _exceeds(len(members), self._limits.processes):
            return self.too_many_processes()
        if _exceeds(sum(map(_own_memory, members)), self._limits.memory_bytes):
            return f"More than {_mib(self._limits.memory_bytes)} of memory"
        return None


def _own_memory(pid: int) -> int:
    """Bytes in memory that the process does not share."""
    with suppress(psutil.Error):
        memory = psutil.Process(pid).memory_info()
        return int(memory.rss - getattr(memory, "shared", 0))
    return 0


def _exceeds(value: int, limit: int | None) -> bool:
    return limit is not None and value > limit


def _mib(value: int | None) -> str:
    return f"{(value or 0) / MIB:.0f} MiB"
