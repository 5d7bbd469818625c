"""Resource limits of the kernel, set from outside on a process that waits at its gate.

No code of ours runs between fork and exec: that would cost a full fork of a large process and is not safe with threads.
"""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

from apps.robots.sandbox.policy import ResourceLimits

_WORST = "1000"


def kernel_limits(limits: ResourceLimits) -> list[tuple[int, int]]:
    """Pairs of resource and value; both the soft and the hard limit become the value."""
    wanted = (
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, limits.core_bytes),
    )
    return [(kind, value) for kind, value in wanted if value is not None]


def limit_process(pid: int, limits: ResourceLimits) -> None:
    """Bind a waiting process, and all that it will start, to the limits (Linux).

    Processes are counted in the user namespace of the sandbox, so one robot's do not count for another. Raises
    ProcessLookupError when it is gone already.
    """
    pairs = kernel_limits(limits)
    if limits.processes is not None:
        pairs.append((resource.RLIMIT_NPROC, limits.processes))
    for kind, value in pairs:
        _soft, hard = resource.prlimit(pid, kind)
        lowered = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.prlimit(pid, kind, (lowered, lowered))
    # When memory runs out, robots go first, never the database or ourselves.
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text(_WORST, encoding="ascii")
