"""A TCP proxy in front of a server, which delays, cuts and half-opens the connections through it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Self

CHUNK = 65_536
CONNECT_SECONDS = 1.0


class Proxy:
    """Listens on a port of its own; what it does to the bytes can be changed at any time, from any thread."""

    def __init__(self, upstream: Path) -> None:
        self.upstream = upstream
        self.port = 0
        self.delay = 0.0
        """Seconds that every piece of data waits, in both directions."""
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(self, *_error: object) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def cut(self) -> None:
        """Ends all connections at once; new ones are taken."""
        self._call(self._cut())

    def hang(self) -> None:
        """Half-open: connections stay, new ones are taken, and no byte goes through any of them."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def heal(self, *, drop: bool = False) -> None:
        """Lets everything through again; with ``drop`` what hung was lost on the way, and its connections end."""
        self.delay = 0.0
        if drop:
            self.cut()
        self._loop.call_soon_threadsafe(self._open.set)

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _start(self) -> None:
        self._open.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        await self._cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._open.wait()
            there = await asyncio.wait_for(asyncio.open_unix_connection(str(self.upstream)), CONNECT_SECONDS)
            self._writers.add(there[1])
            try:
                await asyncio.gather(self._pump(reader, there[1]), self._pump(there[0], writer))
            finally:
                self._writers.discard(there[1])
                there[1].transport.abort()
        except (OSError, TimeoutError):
            pass  # the server is away: the client sees its connection end
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(CHUNK):
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._open.wait()
            target.write(data)
            await target.drain()
        with contextlib.suppress(OSError):
            target.close()
