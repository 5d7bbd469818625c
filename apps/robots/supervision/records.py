"""What supervision hands on, and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

_SIGNALLED, _LAST_SIGNAL = 128, 64


class Level(StrEnum):
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Stream(StrEnum):
    STDOUT = "stdout"
    STDERR = "stderr"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One stored line. Numbers start at 1 and count lines that were cut out too."""

    seq: int
    timestamp: datetime
    level: Level
    stream: Stream
    message: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a robot says it is; ``total`` None when it does not know."""

    done: int
    total: int | None = None
    message: str = ""


class LogSink(Protocol):
    """Takes what a robot says. Calls come from the supervising thread, in order; a slow sink slows the robot down."""

    def write(self, lines: Sequence[LogLine]) -> None:
        """Store lines; their numbers continue those of the call before, unless a gap was told between."""

    def gap(self, first_seq: int, last_seq: int, reason: str) -> None:
        """Lines ``first_seq`` to ``last_seq`` were cut out."""

    def progress(self, progress: Progress) -> None:
        """The newest progress; those in between may be left out."""


class Ending(StrEnum):
    """Why a process is over."""

    EXITED = "exited"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    LOST = "lost"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class ExitReport:
    """How it ended. A signal shows as exit code 128 + its number, as shells have it; ``error_message`` is "" when all
    went well."""

    reason: Ending
    exit_code: int | None
    error_message: str
    pid: int
    started_at: datetime
    finished_at: datetime
    last_seq: int
    truncated: bool
    last_lines: tuple[str, ...]

    @property
    def signal(self) -> int | None:
        number = (self.exit_code or 0) - _SIGNALLED
        return number if 0 < number <= _LAST_SIGNAL else None

    @property
    def succeeded(self) -> bool:
        return self.reason is Ending.EXITED and self.exit_code == 0
