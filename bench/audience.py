"""``python -m bench.audience FILE``: many viewers of one run in one process, some of whom never read.

It says how late lines reach those who read, in turns without and with the others, and what the others cost the server.
What to watch comes as JSON on the command line; see :class:`Plan`.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
import time
from base64 import b64encode
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import psutil

from bench.statistics import percentile

FRAMES, LONGEST_WINDOW_SECONDS, SETTLE_SECONDS, CONNECT_SECONDS = 6, 60.0, 2.0, 60.0
_AT_ONCE = 20
_SMALL_WINDOW = 4096
_SHORT, _LONG = 126, 127
_PING, _PONG, _MASKED = 0x89, 0x8A, 0x80
_MESSAGE, _WRITTEN = b'"message":"', re.compile(rb"(\d{19}) ")


@dataclass(frozen=True, slots=True)
class Plan:
    """Where to watch, who watches, and whose memory is looked at."""

    address: str
    readers: int
    stalled: int
    rounds: int
    server: int
    behind: int  # readers begin after this line, those who do not read at the first


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds (p99) of each round, and bytes that one who does not read had the server keep."""

    without: list[float]
    beside: list[float]
    held: list[float]


def _place(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or 80


def handshake(address: str, *, after: int) -> bytes:
    """The request for a WebSocket, by hand: a library would read."""
    parts = urlsplit(address)
    key = b64encode(b"0123456789abcdef").decode()
    return (
        f"GET {parts.path}?{parts.query}&after={after} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


class Latencies:
    """Milliseconds of frames as they come, whoever of the readers gets them."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._wanted = 0
        self._enough = asyncio.Event()

    def add(self, milliseconds: float) -> None:
        self._values.append(milliseconds)
        if len(self._values) >= self._wanted:
            self._enough.set()

    async def p99_of(self, wanted: int) -> float:
        """The 99th percentile of so many frames from now on."""
        self._values, self._wanted = [], wanted
        self._enough.clear()
        async with asyncio.timeout(LONGEST_WINDOW_SECONDS):
            await self._enough.wait()
        return percentile(self._values, 99)


class Reader(asyncio.Protocol):
    """Reads frames as quickly as it can, notes how old the newest line of each is, and answers when it is pinged."""

    def __init__(self, request: bytes, latencies: Latencies) -> None:
        self._request, self._latencies = request, latencies
        self._unread = b""
        self.watching: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        arrived = time.time_ns()
        self._unread += data
        if not self.watching.done():
            head, end, rest = self._unread.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head:
                self.watching.set_exception(RuntimeError(head.decode()))
                return
            self._unread = rest
            self.watching.set_result(None)
        while (found := self._frame()) is not None:
            kind, frame = found
            if kind == _PING:
                self._transport.write(bytes((_PONG, _MASKED | len(frame))) + bytes(4) + frame)
            newest = frame.rfind(_MESSAGE)
            if newest > 0 and (written := _WRITTEN.match(frame, newest + len(_MESSAGE))):
                self._latencies.add((arrived - int(written[1])) / 1e6)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.watching.done():
            self.watching.set_exception(exc or ConnectionError("the server hung up"))

    def _frame(self) -> tuple[int, bytes] | None:
        """The next whole frame, taken off: its first byte and what it carries; servers do not mask theirs."""
        data = self._unread
        if len(data) < 2:  # noqa: PLR2004  # the shortest head of a frame
            return None
        length, start = data[1], 2
        if length in (_SHORT, _LONG):
            start = 4 if length == _SHORT else 10
            length = int.from_bytes(data[2:start])
        if len(data) < start + length:
            return None
        self._unread = data[start + length :]
        return data[0], data[start : start + length]


async def watch(plan: Plan) -> Measured:
    latencies = Latencies()
    host, port = _place(plan.address)
    loop = asyncio.get_running_loop()
    request = handshake(plan.address, after=plan.behind)
    readers: list[tuple[asyncio.Transport, Reader]] = []
    for _batch in range(0, plan.readers, _AT_ONCE):
        batch = [
            await loop.create_connection(lambda: Reader(request, latencies), host, port)
            for _number in range(min(_AT_ONCE, plan.readers - len(readers)))
        ]
        await asyncio.wait_for(asyncio.gather(*(reader.watching for _transport, reader in batch)), CONNECT_SECONDS)
        readers += batch
    measured = Measured([], [], [])
    server = psutil.Process(plan.server)
    for _round in range(plan.rounds):
        await asyncio.sleep(SETTLE_SECONDS)
        measured.without.append(await latencies.p99_of(plan.readers * FRAMES))
        before = server.memory_full_info().uss
        blocked = await asyncio.to_thread(_stall, plan)
        await asyncio.sleep(SETTLE_SECONDS)
        measured.beside.append(await latencies.p99_of(plan.readers * FRAMES))
        measured.held.append((server.memory_full_info().uss - before) / plan.stalled)
        for connection in blocked:
            connection.close()
    return measured


def _stall(plan: Plan) -> list[socket.socket]:
    """Viewers who shake hands, have room for next to nothing, and never read."""
    blocked = []
    for _number in range(plan.stalled):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_WINDOW)
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(_place(plan.address))
        connection.sendall(handshake(plan.address, after=0))
        if not connection.recv(16).startswith(b"HTTP/1.1 101"):
            raise RuntimeError("a viewer was not let in")
        blocked.append(connection)
    return blocked


if __name__ == "__main__":
    result = asyncio.run(watch(Plan(**json.loads(sys.argv[2]))))
    Path(sys.argv[1]).write_text(json.dumps(asdict(result)), encoding="utf-8")
