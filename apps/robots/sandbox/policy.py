"""What a robot may see and use."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

MIB = 1024 * 1024


class SandboxMode(StrEnum):
    """``ROBOT_SANDBOX``: insist on bubblewrap, use it where it works, or never use it."""

    REQUIRED = "required"
    AUTO = "auto"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLimits:
    """Caps of one run; None means no cap. The first five hold for each process, the others for the run as a whole."""

    address_space_bytes: int | None = 2048 * MIB
    file_bytes: int | None = 1024 * MIB
    cpu_seconds: int | None = None
    open_files: int | None = 1024
    core_bytes: int | None = 0
    processes: int | None = 256
    memory_bytes: int | None = 4096 * MIB
    scratch_bytes: int | None = 2048 * MIB
    scratch_entries: int | None = 100_000
    artifacts_bytes: int | None = 256 * MIB
    artifacts_count: int | None = 100
    shared_memory_bytes: int = 64 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPolicy:
    """How this installation runs robots.

    ``state`` is a directory of ours for what sandboxes share. ``hidden`` are places that stay hidden even where they
    lie inside something visible; everything that is not named here or in ``readable`` is hidden anyway. So many
    ``spares`` may stand ready in a process, for runs to come.
    """

    state: Path
    mode: SandboxMode = SandboxMode.AUTO
    network: bool = True
    readable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    limits: ResourceLimits = field(default_factory=ResourceLimits)
    spares: int = 0
