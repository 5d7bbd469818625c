"""How uvicorn speaks WebSocket here: like its own, but nobody who does not read can hold a connection.

uvicorn waits until the client has read what was sent before, and only then writes the close frame; a client that never
reads would keep the connection, and never learn why it was cut off. So the close frame is queued at once behind what
waits, and when the client has not answered it within ten seconds, the connection is aborted, not asked to end.

    uvicorn config.asgi:application --ws config.sockets:SocketProtocol
"""

from __future__ import annotations

import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

# uvicorn would write each socket's address to the log, and addresses carry tokens.
_quiet = logging.getLogger("uvicorn.error.sockets")
_quiet.setLevel(logging.WARNING)

LARGEST_MESSAGE_BYTES = 4096  # clients say nothing but pings; uvicorn would keep 16 MiB of each, whoever it is


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol with closes that do not wait, short messages, and a log without addresses."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _quiet
        self.conn.max_message_size = LARGEST_MESSAGE_BYTES

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # websockets could not read the request, say with a line of 8 KiB, and has written an answer nobody sends
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.writable.set()
        await super().send(message)
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.loop.call_later(self.close_timeout, self.transport.abort)
