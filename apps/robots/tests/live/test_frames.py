from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.robots.live.frames import FRAME_BYTES, Frame, Piece, frames_after

RUN = uuid.UUID(int=1)
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def lines(first: int, *messages: str) -> Piece:
    stored = [["2026-01-01T00:00:00+00:00", "INFO", "stdout", message] for message in messages]
    return Piece(first, first + len(messages) - 1, stored)


def content(frames: list[Frame]) -> list[dict[str, Any]]:
    return [json.loads(frame.data) for frame in frames]


def test_it_works() -> None:
    (frame,) = frames_after(RUN, 0, lines(1, "a", "b"))
    assert frame.seq == 2
    assert json.loads(frame.data)["lines"] == [
        {
            "seq": seq,
            "timestamp": "2026-01-01T00:00:00+00:00",
            "level": "INFO",
            "stream": "stdout",
            "message": message,
        }
        for seq, message in ((1, "a"), (2, "b"))
    ]


def test_what_the_viewer_has_is_not_sent_again() -> None:
    assert not list(frames_after(RUN, 2, lines(1, "a", "b")))
    (frame,) = frames_after(RUN, 1, lines(1, "a", "b"))
    assert [line["seq"] for line in json.loads(frame.data)["lines"]] == [2]


def test_a_gap_of_storage_and_lines_it_no_longer_has() -> None:
    frames = content(list(frames_after(RUN, 3, Piece(6, 9, [], "too long"))))
    assert [(frame["from"], frame["to"], frame["reason"]) for frame in frames] == [
        (4, 5, "not stored"),
        (6, 9, "too long"),
    ]


def test_large_pieces_are_split() -> None:
    frames = list(frames_after(RUN, 0, lines(1, *("x" * 10_000 for _number in range(30)))))
    assert len(frames) > 3
    assert all(len(frame.data) < FRAME_BYTES + 1_000 for frame in frames)


def test_viewers_who_share_a_piece_share_its_frames() -> None:
    shared, own = lines(1, "a", "b"), lines(1, "a", "b")
    shared = replace(shared, whole=[])
    (first,), (second,) = frames_after(RUN, 0, shared), frames_after(RUN, 0, shared)
    assert first is second
    assert [first] == list(frames_after(RUN, 0, own))


def test_who_has_a_part_of_a_shared_piece_is_sent_the_rest() -> None:
    shared = replace(lines(1, "a", "b"), whole=[])
    assert list(frames_after(RUN, 0, shared))
    (frame,) = frames_after(RUN, 1, shared)
    assert [line["seq"] for line in json.loads(frame.data)["lines"]] == [2]


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=5), min_size=1, max_size=8), st.data())
def test_any_resumption_gives_the_whole_log(chunks: list[list[str]], data: st.DataObject) -> None:
    """A viewer who reconnects anywhere, and hears pieces late or twice, ends up with the log byte for byte."""
    pieces: list[Piece] = []
    for messages in chunks:
        pieces.append(lines(pieces[-1].last_seq + 1 if pieces else 1, *messages))
    seen: list[dict[str, Any]] = []
    for piece in data.draw(st.permutations([*pieces, *pieces])):
        if piece.first_seq > len(seen) + 1:
            continue  # a wake-up that does not continue the cursor makes the feed look into storage
        for frame in frames_after(RUN, len(seen), piece):
            seen += json.loads(frame.data)["lines"]
            if data.draw(st.booleans()):
                break  # the connection ends here; the rest comes again
    for piece in pieces:
        for frame in frames_after(RUN, len(seen), piece):
            seen += json.loads(frame.data)["lines"]
    assert [line["message"] for line in seen] == [message for messages in chunks for message in messages]
    assert [line["seq"] for line in seen] == list(range(1, len(seen) + 1))
