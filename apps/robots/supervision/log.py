"""The log of one run on its way out: numbered, stamped, in batches; of a huge one the head and the tail."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.robots.supervision.protocol import interpret
from apps.robots.supervision.records import LogLine, LogSink, Progress, Stream

_MARK = b"::"
_REMEMBERED = 10


@dataclass(frozen=True, slots=True)
class LogLimits:
    """What is kept of a log. The head is written as it comes; once it is full, the last lines are held back in memory
    and written at the end."""

    head_lines: int = 190_000
    head_bytes: int = 60 * 1024**2
    tail_lines: int = 10_000
    tail_bytes: int = 4 * 1024**2

    @classmethod
    def of(cls, lines: int, total_bytes: int) -> LogLimits:
        """Share out totals: a twentieth for the tail, of which at most 4 MiB."""
        tail_lines, tail_bytes = max(lines // 20, 1), min(max(total_bytes // 16, 1), 4 * 1024**2)
        return cls(max(lines - tail_lines, 1), max(total_bytes - tail_bytes, 1), tail_lines, tail_bytes)


@dataclass(frozen=True, slots=True)
class Batches:
    """When lines are handed on: after so many, so many bytes, or so many seconds."""

    lines: int = 200
    bytes: int = 256 * 1024
    seconds: float = 0.05
    progress_seconds: float = 0.2


@dataclass(frozen=True, slots=True)
class _Raw:
    """Lines of one read, not yet looked at one by one; ``first_seq`` is the first one's number."""

    first_seq: int
    timestamp: datetime
    stream: Stream
    lines: list[bytes]
    bytes: int


class Log:
    """Takes lines as they are read and hands them to a sink, until ``silenced`` says that nobody may write any more."""

    def __init__(
        self,
        sink: LogSink,
        *,
        limits: LogLimits,
        batches: Batches,
        first_seq: int,
        clock: Callable[[], float],
        silenced: Callable[[], bool] = lambda: False,
    ) -> None:
        self._sink, self._limits, self._batches, self._clock = sink, limits, batches, clock
        self._silenced = silenced
        self.last_seq = first_seq - 1
        self.truncated = False
        self._ready: list[LogLine] = []
        self._ready_bytes = 0
        self._ready_since = 0.0
        self._head_lines, self._head_bytes = limits.head_lines, limits.head_bytes
        self._tail: deque[_Raw] = deque()
        self._tail_lines = self._tail_bytes = 0
        self._first_of_tail: int | None = None
        self._progress: Progress | None = None
        self._progress_told = 0.0
        self._remembered: deque[str] = deque(maxlen=_REMEMBERED)

    def take(self, lines: list[bytes], stream: Stream) -> None:
        """Add lines that were read together."""
        timestamp = datetime.now(UTC)
        for number, line in enumerate(lines):
            if self._first_of_tail is not None:
                self._hold_back(lines[number:], stream, timestamp)
                return
            self._add_to_head(line, stream, timestamp)

    def next_flush(self) -> float | None:
        """When ``flush_if_due`` wants to be called, by the clock; None while nothing waits."""
        due = []
        if self._ready:
            due.append(self._ready_since + self._batches.seconds)
        if self._progress is not None:
            due.append(self._progress_told + self._batches.progress_seconds)
        return min(due, default=None)

    def flush_if_due(self) -> None:
        now = self._clock()
        if self._ready and now >= self._ready_since + self._batches.seconds:
            self._flush()
        if self._progress is not None and now >= self._progress_told + self._batches.progress_seconds:
            self._tell_progress(now)

    def finish(self) -> None:
        """Hand on everything that waits: the head's last lines, the gap, the tail, the last progress."""
        self._flush()
        self._write_tail()
        if self._progress is not None:
            self._tell_progress(self._clock())

    @property
    def last_lines(self) -> tuple[str, ...]:
        return tuple(self._remembered)

    def _add_to_head(self, line: bytes, stream: Stream, timestamp: datetime) -> None:
        found = interpret(line.decode("utf-8", "replace"), stream)
        if found.progress is not None:
            self._progress = found.progress
            return
        size = _size_kept(line)
        if self._head_lines <= 0 or self._head_bytes < size:
            self._first_of_tail = self.last_seq + 1
            self._hold_back([line], stream, timestamp)
            return
        self._head_lines -= 1
        self._head_bytes -= size
        self.last_seq += 1
        self._append(LogLine(self.last_seq, timestamp, found.level, stream, found.message), size)

    def _append(self, line: LogLine, size: int) -> None:
        if not self._ready:
            self._ready_since = self._clock()
        self._ready.append(line)
        self._ready_bytes += size
        if len(self._ready) >= self._batches.lines or self._ready_bytes >= self._batches.bytes:
            self._flush()

    def _flush(self) -> None:
        if not self._ready:
            return
        lines, self._ready, self._ready_bytes = self._ready, [], 0
        self._remembered.extend(line.message for line in lines[-_REMEMBERED:])
        if not self._silenced():
            self._sink.write(lines)

    def _tell_progress(self, now: float) -> None:
        progress, self._progress, self._progress_told = self._progress, None, now
        if progress is not None and not self._silenced():
            self._sink.progress(progress)

    def _hold_back(self, lines: list[bytes], stream: Stream, timestamp: datetime) -> None:
        """Keep lines as they are; a robot that prints without end must cost little."""
        lines = self._without_progress(lines, stream) if any(map(_is_marked, lines)) else lines
        if not lines:
            return
        size = sum(map(len, lines))
        self._tail.append(_Raw(self.last_seq + 1, timestamp, stream, lines, size))
        self.last_seq += len(lines)
        self._tail_lines += len(lines)
        self._tail_bytes += size
        while (oldest := self._tail[0]) is not self._tail[-1] and self._tail_holds_without(oldest):
            self._tail.popleft()
            self._tail_lines -= len(oldest.lines)
            self._tail_bytes -= oldest.bytes

    def _tail_holds_without(self, oldest: _Raw) -> bool:
        return (
            self._tail_lines - len(oldest.lines) >= self._limits.tail_lines
            or self._tail_bytes - oldest.bytes >= self._limits.tail_bytes
        )

    def _without_progress(self, lines: list[bytes], stream: Stream) -> list[bytes]:
        kept = []
        for line in lines:
            progress = interpret(line.decode("utf-8", "replace"), stream).progress if _is_marked(line) else None
            if progress is None:
                kept.append(line)
            else:
                self._progress = progress
        return kept

    def _write_tail(self) -> None:
        if self._first_of_tail is None or self._silenced():
            return
        first_kept = self._trim()
        if first_kept > self._first_of_tail:
            self.truncated = True
            reason = f"log longer than {self._limits.head_lines} lines or {self._limits.head_bytes} bytes"
            self._sink.gap(self._first_of_tail, first_kept - 1, reason)
        for raw in self._tail:
            for number, line in enumerate(raw.lines, raw.first_seq):
                if number >= first_kept:
                    found = interpret(line.decode("utf-8", "replace"), raw.stream)
                    self._append(
                        LogLine(number, raw.timestamp, found.level, raw.stream, found.message), _size_kept(line)
                    )
        self._flush()
        self._tail.clear()
        self._first_of_tail = None

    def _trim(self) -> int:
        """The number of the first line of the tail that fits into its limits, line by line."""
        lines, room = self._limits.tail_lines, self._limits.tail_bytes
        first = self.last_seq + 1
        for raw in reversed(self._tail):
            for line in reversed(raw.lines):
                lines -= 1
                room -= _size_kept(line)
                if lines < 0 or room < 0:
                    return first
                first -= 1
        return first


def _size_kept(line: bytes) -> int:
    """The bytes it takes once it is text: each that is no UTF-8 becomes a character of three."""
    return len(line) if line.isascii() else len(line.decode("utf-8", "replace").encode())


def _is_marked(line: bytes) -> bool:
    return line.startswith(_MARK)
