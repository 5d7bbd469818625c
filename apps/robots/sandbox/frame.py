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
        """What it is built of now: names may mean something else later, or nothing."""
        root = options.system(self.policy.state, readable=self.shown)
        seen = [_identity(path) for path in (self.environment, self.module, *self.shown) if path is not None]
        # What lies in hidden places changes all the time; only where they are counts.
        return (self, *root, *seen, *(_identity(path)[:2] for path in self.policy.hidden))


def _identity(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_ctime_ns
