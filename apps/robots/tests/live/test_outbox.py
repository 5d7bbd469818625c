from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from apps.robots.live.frames import LOGS, Frame
from apps.robots.live.outbox import Outbox, ViewerStalled


def frame(text: str) -> Frame:
    return Frame(LOGS, text.encode())


@asynccontextmanager
async def running(
    send: Callable[[Frame], Awaitable[None]], *, capacity: int = 10, stall_seconds: float = 0.1
) -> AsyncIterator[Outbox]:
    outbox = Outbox(send, capacity=capacity, stall_seconds=stall_seconds)
    task = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_it_works() -> None:
    sent: list[bytes] = []

    async def send(item: Frame) -> None:
        sent.append(item.data)

    async with running(send) as outbox:
        for number in range(100):
            await outbox.put(frame(f"{number:04}"))
        await outbox.flush()
    assert sent == [f"{number:04}".encode() for number in range(100)]
    assert outbox.size == 0


async def test_a_viewer_who_reads_nothing_is_given_up() -> None:
    async def send(_item: Frame) -> None:
        await asyncio.Event().wait()

    async with running(send) as outbox:
        for _number in range(2):
            await outbox.put(frame("12345"))
        with pytest.raises(ViewerStalled):
            await outbox.put(frame("1"))
        with pytest.raises(ViewerStalled):
            await outbox.flush()
        assert outbox.size == 10


async def test_a_slow_viewer_is_not() -> None:
    """As long as something is read now and then, however little, and however long it takes altogether."""

    async def send(_item: Frame) -> None:
        read = asyncio.Event()
        asyncio.get_running_loop().call_later(0.3, read.set)
        await read.wait()

    async with running(send, stall_seconds=1.0) as outbox:
        for _number in range(6):
            await outbox.put(frame("12345"))
        await outbox.flush()


async def test_what_has_no_room_is_not_taken() -> None:
    async def send(_item: Frame) -> None:
        await asyncio.Event().wait()

    async with running(send) as outbox:
        assert outbox.offer(frame("a frame larger than everything"))
        assert not outbox.offer(frame("x"))


async def test_whoever_sends_learns_that_the_viewer_is_gone() -> None:
    async def send(_item: Frame) -> None:
        raise ConnectionResetError

    outbox = Outbox(send, capacity=10, stall_seconds=1)
    outbox.offer(frame("x"))
    with pytest.raises(ConnectionResetError):
        await outbox.run()
