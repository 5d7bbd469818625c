"""A client that costs little, so that a server on the same machine is what gets measured."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

CONNECTIONS = 8
_BYTES = 64 * 1024
_WAIT_SECONDS = 10.0
_OK = b" 200 "


def request_bytes(url: str, path: str, *, token: str | None = None) -> bytes:
    """A GET as it goes over the wire, on a connection that stays open."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}", "Accept: application/json"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, "", ""]).encode()


class _Connection:
    """One request at a time, answered before the next is sent."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.socket = socket.create_connection((address.hostname or "", address.port or 80), timeout=_WAIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answer = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self._answer = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Reads what is there; whether the answer is complete. Anything but 200 ends the benchmark."""
        part = self.socket.recv(_BYTES)
        self._answer += part
        if not part:
            raise RuntimeError(f"the server hung up: {self._answer[:500]!r}")
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end:
            return False
        if _OK not in head[:20]:
            raise RuntimeError(f"not answered with 200: {self._answer[:1000]!r}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return len(body) >= int(length.partition(b":")[2])


def latencies(
    url: str, requests: Sequence[bytes], *, seconds: float, connections: int = CONNECTIONS
) -> tuple[list[float], float]:
    """Sends the requests round and round for so long; returns each one's seconds, and how long it took in all."""
    taken: list[float] = []
    began = time.perf_counter()
    opened = [_Connection(url) for _number in range(connections)]
    with selectors.DefaultSelector() as selector:
        coming = _round_and_round(requests)
        for connection in opened:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(coming))
        while selector.get_map():
            ready = selector.select(_WAIT_SECONDS)
            if not ready:
                raise RuntimeError(f"no answer within {_WAIT_SECONDS:.0f} s")
            for key, _events in ready:
                if key.data.answered():
                    now = time.perf_counter()
                    taken.append(now - key.data.sent_at)
                    if now < began + seconds:
                        key.data.send(next(coming))
                    else:
                        selector.unregister(key.fileobj)
    elapsed = time.perf_counter() - began
    for connection in opened:
        connection.socket.close()
    return taken, elapsed


def _round_and_round(requests: Sequence[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests
