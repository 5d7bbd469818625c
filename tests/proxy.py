"""A way to PostgreSQL that a test can freeze, as a network that drops packets, or cut, as one that refuses them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

ANY_PORT = ("127.0.0.1", 0)


class Proxy:
    """Carries TCP connections to the server of a database URL. ``url`` is that URL by way of the proxy."""

    def __init__(self, url: str) -> None:
        parts, query = urlsplit(url), dict(parse_qsl(urlsplit(url).query))
        self._host, self._port = query.pop("host", parts.hostname or ""), parts.port or 5432
        self._listener = socket.create_server(ANY_PORT)
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._address = self._listener.getsockname()
        login = f"{quote(parts.username or '')}:{quote(parts.password or '')}"
        place = f"{login}@127.0.0.1:{self._address[1]}"
        self.url = urlunsplit(parts._replace(netloc=place, query=urlencode(query)))
        self._listen()

    def freeze(self) -> None:
        """From now on nothing gets through and nothing is refused: who asks waits."""
        self._flowing.clear()

    def thaw(self) -> None:
        """What was held back arrives, late."""
        self._flowing.set()

    def cut(self) -> None:
        """Ends every connection and refuses new ones."""
        _end(self._listener)
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            _end(end)

    def mend(self) -> None:
        """Takes connections again, at the same address."""
        self._listener = socket.create_server(self._address)
        self._listen()

    def _listen(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _address = listener.accept()
                far = self._connected()
                with self._lock:
                    self._ends |= {near, far}
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _connected(self) -> socket.socket:
        if self._host.startswith("/"):
            far = socket.socket(socket.AF_UNIX)
            far.connect(str(Path(self._host, f".s.PGSQL.{self._port}")))
            return far
        return socket.create_connection((self._host, self._port))

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._flowing.wait()
                target.sendall(data)
        self._flowing.wait()  # an end is news as well
        for end in (source, target):
            _end(end)


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def proxy(url: str) -> Iterator[Proxy]:
    """A proxy that ends with the block."""
    made = Proxy(url)
    try:
        yield made
    finally:
        made.thaw()
        made.cut()
