"""What is to be started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.robots.sandbox.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """One robot process, in the words of the robot: paths are those that it sees.

    ``environment`` is all it gets, there is no inheritance. ``directory`` is relative to the work directory.
    """

    arguments: tuple[str, ...]
    workspace: Workspace
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be passed to a process; a NUL would also cut our own protocol into pieces."""
        names = self.environment.keys()
        if not self.arguments or any("\0" in text for text in (*self.arguments, *names, *self.environment.values())):
            raise ValueError("arguments and environment must be texts without NUL")
        if any(not name or "=" in name for name in names):
            raise ValueError("a name of the environment is empty or contains =")
        if "\0" in self.directory or self.directory.startswith("/") or ".." in self.directory.split("/"):
            raise ValueError("the directory must lie in the work directory")
