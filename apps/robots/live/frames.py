"""Frames of a live log. The same lines give the same frames, whether they come from a wake-up or from storage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

FRAME_BYTES = 32 * 1024
LOGS, STATUS, GAP, END, PONG, HEARTBEAT = "logs", "status", "gap", "end", "pong", "heartbeat"
_EXPECTED_EXTRA_BYTES = 96  # of a line beside its message

StoredLine = Sequence[str]  # timestamp, level, stream, message


@dataclass(frozen=True, slots=True)
class Frame:
    """One message to a viewer, as JSON; ``seq`` is the number of the last line it tells of, if it tells of lines."""

    kind: str
    data: bytes
    seq: int | None = None


PONG_FRAME = Frame(PONG, orjson.dumps({"type": PONG}))


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive lines as they are stored, or, with a reason, where storage cut them out.

    One that several viewers share has a place for the frames of all its lines, so that they are made once.
    """

    first_seq: int
    last_seq: int
    lines: Sequence[StoredLine]
    gap_reason: str = ""
    whole: list[Frame] | None = field(default=None, compare=False, repr=False)


def line_on_wire(seq: int, line: StoredLine) -> dict[str, Any]:
    """A stored line with its number."""
    timestamp, level, stream, message = line
    return {"seq": seq, "timestamp": timestamp, "level": level, "stream": stream, "message": message}


def frames_after(run_id: UUID, cursor: int, piece: Piece) -> Iterator[Frame]:
    """What a viewer who has everything up to ``cursor`` must still be sent of a piece; nothing, if it has it all.

    Lines that storage no longer has between the cursor and the piece are told of as a gap.
    """
    if piece.last_seq <= cursor:
        return
    if piece.first_seq > cursor + 1:
        yield gap(run_id, cursor + 1, piece.first_seq - 1, "not stored")
    start = max(piece.first_seq, cursor + 1)
    if piece.gap_reason:
        yield gap(run_id, start, piece.last_seq, piece.gap_reason)
    elif piece.whole is None or start > piece.first_seq:
        yield from _lines(run_id, start, piece.lines[start - piece.first_seq :])
    else:
        if not piece.whole:
            piece.whole.extend(_lines(run_id, start, piece.lines))
        yield from piece.whole


def _lines(run_id: UUID, first_seq: int, lines: Sequence[StoredLine]) -> Iterator[Frame]:
    batch: list[dict[str, Any]] = []
    size = 0
    for seq, line in enumerate(lines, start=first_seq):
        expected = len(line[3]) + _EXPECTED_EXTRA_BYTES
        if batch and size + expected > FRAME_BYTES:
            yield _logs(run_id, batch)
            batch, size = [], 0
        batch.append(line_on_wire(seq, line))
        size += expected
    if batch:
        yield _logs(run_id, batch)


def _logs(run_id: UUID, lines: list[dict[str, Any]]) -> Frame:
    return _frame(LOGS, run_id, lines[-1]["seq"], lines=lines)


def gap(run_id: UUID, first: int, last: int, reason: str) -> Frame:
    """Lines ``first`` to ``last`` are not there any more, and why."""
    return _frame(GAP, run_id, last, **{"from": first, "to": last, "reason": reason})


def status(run_id: UUID, *, word: str, progress: dict[str, Any], queue: dict[str, Any] | None) -> Frame:
    """How the run is now."""
    return _frame(STATUS, run_id, None, status=word, progress=progress, queue=queue)


def end(run_id: UUID, *, word: str, last_seq: int, exit_code: int | None) -> Frame:
    """The last frame: nothing more will come of this run."""
    return _frame(END, run_id, last_seq, status=word, last_seq=last_seq, exit_code=exit_code)


def _frame(kind: str, run_id: UUID, seq: int | None, **content: Any) -> Frame:
    return Frame(kind, orjson.dumps({"type": kind, "run_id": run_id, **content}), seq)
