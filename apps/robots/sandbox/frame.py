"""What a sandbox is built of, whatever will run in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.robots.sandbox import options
from apps.robots.sandbox.policy import SandboxPolicy


@dataclass(frozen=True, slots=True)
class Frame:
    """All that is known of a sandbox before its run is.

    ``environment`` is a virtual environment, ``module`` the directory of an importable Python package. ``readable`` are
    directories of the system that its interpreter needs.
    """

    policy: SandboxPolicy
    environment: Path | None = None
    module: Path | None = None
    readable: tuple[Path, ...] = ()

    @property
    def shown(self) -> tuple[Path, ...]:
        """What it shows of the system at its own place."""
        return (*self.readable, *self.policy.readable)

    def state(self) -> tuple[Any, ...]:
        """What it is built of now: names may mean something else later. Raises FileNotFoundError when some is gone."""
        root = options.system(self.policy.state, readable=self.shown)
        seen = [path for path in (self.environment, self.module) if path is not None]
        seen += filter(Path.exists, self.shown)
        # What lies in hidden places changes all the time, so only which they are counts, as far as inodes tell.
        hidden = [_identity(path)[:2] if path.exists() else None for path in self.policy.hidden]
        return (self, *root, *map(_identity, seen), *hidden)


def _identity(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_ctime_ns
