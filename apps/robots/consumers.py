"""Live logs over WebSockets and as Server-Sent Events."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import orjson
import structlog
from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from apps.accounts.authentication.sockets import authenticate_socket, close_code
from apps.common.api.responses import error_body, error_headers
from apps.common.errors import ApplicationError, InternalError
from apps.robots.live import events
from apps.robots.live.frames import PONG_FRAME, Frame
from apps.robots.live.places import after_of, place_of
from apps.robots.live.viewer import Farewell, Viewer, admit, seat

logger = structlog.get_logger(__name__)
BROKEN = 1011
EARLY_PINGS = 10


class RunLogsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """A WebSocket: accepted first, so that browsers see the close code, then served until a farewell."""

    channel_layer_alias = ""  # viewers listen by themselves, and go on when Redis is away
    _serving: asyncio.Task[None] | None = None
    _viewer: Viewer | None = None
    _early_pings = 0

    async def connect(self) -> None:
        await self.accept()
        self._serving = asyncio.create_task(self._serve())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not _is_ping(text_data):
            return
        if self._viewer is not None:
            self._viewer.outbox.offer(PONG_FRAME)
        elif self._early_pings < EARLY_PINGS:
            self._early_pings += 1  # nobody is answered before it is known who that is

    async def disconnect(self, code: int) -> None:
        if self._serving is not None:
            self._serving.cancel()

    async def _serve(self) -> None:
        try:
            code = await self._watch()
        except OSError:
            return  # the viewer is gone
        except Exception:
            logger.exception("live_log_failed")
            code = BROKEN
        with contextlib.suppress(OSError, RuntimeError):  # gone in the meantime
            await self.close(code=code)

    async def _watch(self) -> int:
        with contextlib.ExitStack() as held:
            try:
                actor = await authenticate_socket(self.scope)
                held.enter_context(seat(actor))
                place = place_of(after=after_of(self.scope["query_string"]))
                admission = await admit(actor, self.scope["url_route"]["kwargs"]["run_id"], after=place.after)
            except ApplicationError as error:
                return close_code(error)
            self._viewer = Viewer(admission, self._deliver)
            for _ping in range(self._early_pings):
                self._viewer.outbox.offer(PONG_FRAME)
            return int(await self._viewer.serve())

    async def _deliver(self, frame: Frame) -> None:
        await self.send(text_data=frame.data.decode())


def _is_ping(text: str | None) -> bool:
    try:
        return bool(text) and orjson.loads(text or "").get("type") == "ping"
    except (orjson.JSONDecodeError, AttributeError):
        return False


class NoSuchSocket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Answers where no socket is."""

    channel_layer_alias = ""

    async def connect(self) -> None:
        await self.accept()
        await self.close(code=int(Farewell.NOT_FOUND))


class RunLogsStream(AsyncHttpConsumer):  # type: ignore[misc]
    """The same frames as Server-Sent Events; ``Last-Event-ID`` resumes, and 204 tells browsers not to come back."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.base_send = scope, send
        tasks = {asyncio.create_task(self._serve()), asyncio.create_task(events.left(receive))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self) -> None:
        with contextlib.ExitStack() as held:
            await self._serve_in_seat(held)

    async def _serve_in_seat(self, held: contextlib.ExitStack) -> None:
        try:
            actor = await authenticate_socket(self.scope)
            held.enter_context(seat(actor))
            place = events.requested_place(self.scope)
            admission = await admit(actor, self.scope["url_route"]["kwargs"]["run_id"], after=place.after)
        except ApplicationError as error:
            await self._refuse(error)
            return
        except Exception:
            logger.exception("event_stream_failed")
            await self._refuse(InternalError())
            return
        if place.is_end:
            await self.send_response(204, b"", headers=events.headers(self.scope))
            return
        await self.send_headers(headers=events.headers(self.scope))
        await self.send_body(events.HELLO, more_body=True)
        viewer = Viewer(admission, self._deliver)
        async with events.heartbeat(viewer.outbox):
            if await viewer.serve() is not Farewell.TOO_SLOW:
                await self.send_body(b"")

    async def _refuse(self, error: ApplicationError) -> None:
        extra = [(name.encode(), value.encode()) for name, value in error_headers(error).items()]
        body = orjson.dumps(error_body(error), default=str)
        headers = [*events.headers(self.scope, content_type=b"application/json"), *extra]
        await self.send_response(error.status, body, headers=headers)

    async def _deliver(self, frame: Frame) -> None:
        await self.send_body(events.event(frame), more_body=True)
