"""The few words by which a robot tells more than text: `::progress done=3 total=10 message=…::`, `::warning::…` and so
on. Everything else, and everything malformed, is a plain line.
"""

from __future__ import annotations

from typing import NamedTuple

from apps.robots.supervision.records import Level, Progress, Stream

MARK = "::"
LONGEST_MESSAGE = 500
_MOST_DIGITS, _LARGEST = 19, 2**63 - 1
_PROGRESS = "::progress "
_levels = {"::warning::": Level.WARNING, "::error::": Level.ERROR}
_PLAIN = {Stream.STDOUT: Level.INFO, Stream.STDERR: Level.ERROR}


class Interpreted(NamedTuple):
    """A line for the log, or a progress which is none. Group marks stay in the message, for viewers to fold."""

    level: Level
    message: str
    progress: Progress | None = None


def interpret(line: str, stream: Stream) -> Interpreted:
    """Read one line as it came from a stream."""
    if not line.startswith(MARK):
        return Interpreted(_PLAIN[stream], line)
    for mark, level in _levels.items():
        if line.startswith(mark):
            return Interpreted(level, line[len(mark) :])
    if line.startswith(("::group::", "::endgroup::")):
        return Interpreted(Level.INFO, line)
    return Interpreted(_PLAIN[stream], line, _read_progress(line))


def _read_progress(line: str) -> Progress | None:
    """`::progress done=3 total=10 message=any text::`; total and message may be missing, message comes last."""
    text = line.rstrip(" ")
    if not text.startswith(_PROGRESS) or not text.endswith(MARK):
        return None
    head, _, message = text[len(_PROGRESS) : -len(MARK)].partition("message=")
    fields = [field.partition("=") for field in head.split()]
    numbers = {name: int(value) for name, _, value in fields if _is_number(value)}
    if "done" not in numbers or len(numbers) != len(fields) or not numbers.keys() <= {"done", "total"}:
        return None
    return Progress(numbers["done"], numbers.get("total"), message.strip()[:LONGEST_MESSAGE])


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS and int(value) <= _LARGEST
