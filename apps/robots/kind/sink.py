"""Where the lines of a running robot go: into the log of its execution, guarded by the lease."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import timezone

from apps.executions.lease import Lease
from apps.executions.services.executions import execution_progress
from apps.executions.services.logs import LogLine, log_append, log_gap
from apps.robots.supervision.records import Level, Progress
from apps.robots.supervision.records import LogLine as RobotLine

SYSTEM = "system"


class ExecutionSink:
    """Hands lines, gaps and progress on to storage. All raise ``LeaseLost`` once the lease is gone."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    def write(self, lines: Sequence[RobotLine]) -> None:
        stored = [LogLine(line.timestamp, str(line.level), str(line.stream), line.message) for line in lines]
        log_append(self._lease, stored, now=timezone.now())

    def gap(self, first_seq: int, last_seq: int, reason: str) -> None:
        log_gap(self._lease, count=last_seq - first_seq + 1, reason=reason, now=timezone.now())

    def progress(self, progress: Progress) -> None:
        execution_progress(
            self._lease, done=progress.done, total=progress.total, message=progress.message, now=timezone.now()
        )

    def say(self, lines: Iterable[str], level: Level = Level.INFO) -> None:
        """Lines of our own, in the stream ``system``."""
        now = timezone.now()
        log_append(self._lease, [LogLine(now, str(level), SYSTEM, line) for line in lines], now=now)
