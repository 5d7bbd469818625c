"""Bytes to lines, with bounded memory whatever comes."""

from __future__ import annotations

LONGEST_LINE = 16 * 1024
# The upper bits of a byte inside a UTF-8 character, and the most bytes of one.
_UPPER, _INSIDE, _LONGEST_CHARACTER = 0xC0, 0x80, 4


class LineDecoder:
    """Cuts the bytes of one stream into lines.

    A line ends at LF, CR LF or CR, so that progress bars show as they move. NUL is dropped. What is longer than
    ``longest`` bytes is split, never inside a UTF-8 character. Lines come out as bytes: who keeps them, decodes them.
    """

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._rest = b""
        self._after_return = False

    def feed(self, data: bytes) -> list[bytes]:
        """Lines completed by these bytes."""
        if b"\0" in data:
            data = data.replace(b"\0", b"")
        if self._after_return and data:
            # The line ended at CR already; its LF may come later.
            data = data.removeprefix(b"\n")
            self._after_return = False
        if not data:
            return []
        self._after_return = data.endswith(b"\r")
        lines = (self._rest + data).splitlines()
        self._rest = b"" if data.endswith((b"\n", b"\r")) else lines.pop()
        if len(self._rest) > self._longest or any(len(line) > self._longest for line in lines):
            return self._split(lines)
        return lines

    def finish(self) -> list[bytes]:
        """The last line if it had no end."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []

    def _split(self, lines: list[bytes]) -> list[bytes]:
        short: list[bytes] = []
        for line in lines:
            short += self._pieces(line)
        *pieces, self._rest = self._pieces(self._rest)
        return short + pieces

    def _pieces(self, line: bytes) -> list[bytes]:
        pieces = []
        start = 0
        while len(line) - start > self._longest:
            end = _character_start(line, start + self._longest)
            pieces.append(line[start:end])
            start = end
        return [*pieces, line[start:]]


def _character_start(line: bytes, at: int) -> int:
    """The nearest place at or before ``at`` where a character begins; ``at`` itself in what is no UTF-8."""
    for back in range(_LONGEST_CHARACTER):
        if line[at - back] & _UPPER != _INSIDE:
            return at - back
    return at
