"""One viewer of one run: let in, served, and let go with a reason; the same for sockets and for event streams."""

from __future__ import annotations

import asyncio
import enum
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from prometheus_client import Counter as Metric
from prometheus_client import Gauge

from apps.accounts.authentication.sockets import recheck
from apps.common.actor import Actor
from apps.common.errors import ApplicationError, TooManyRequests
from apps.executions.wakeups import execution_group
from apps.robots.errors import RunNotFound
from apps.robots.live.feed import Feed, RunGone
from apps.robots.live.frames import Frame
from apps.robots.live.outbox import Outbox, ViewerStalled
from apps.robots.live.wakeups import WakeUps
from apps.robots.selectors.runs import run_get
from apps.tenants.aio import in_tenant

VIEWERS = Gauge("oficina_live_viewers", "Viewers of live logs that are connected.", multiprocess_mode="livesum")
CUT_OFF = Metric("oficina_live_viewers_cut_off", "Viewers of live logs that were given up: they did not read.")


class Farewell(enum.IntEnum):
    """Why serving ended, as a close code."""

    END = 1000
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    TOO_SLOW = 4408


@dataclass(frozen=True, slots=True)
class Admission:
    """A viewer who may watch a run, and the number of the last line it has."""

    actor: Actor
    run_id: UUID
    after: int
    group: str


_seats: Counter[tuple[str, str]] = Counter()


@contextmanager
def seat(actor: Actor) -> Iterator[None]:
    """A place among the viewers of this process. Raises ``TooManyRequests`` for who holds VIEWERS_PER_PERSON already.

    All viewers share a few threads that read for them: one person's many must not keep those of others waiting.
    """
    holder = actor.schema, str(actor.user_id)
    if _seats[holder] >= settings.ENV.viewers_per_person:
        raise TooManyRequests(retry_after=settings.ENV.viewer_recheck_seconds)
    _seats[holder] += 1
    try:
        yield
    finally:
        _seats[holder] -= 1
        if not _seats[holder]:
            del _seats[holder]


async def admit(actor: Actor, run_id: str, *, after: int) -> Admission:
    """Lets a viewer in. Raises ``RunNotFound``, ``PermissionDenied``."""
    try:
        wanted = UUID(run_id)
    except ValueError as error:
        raise RunNotFound from error
    group = await in_tenant(actor.schema, _group_of_visible, actor, wanted)
    return Admission(actor, wanted, after, group)


def _group_of_visible(actor: Actor, run_id: UUID) -> str:
    return execution_group(run_get(actor=actor, run_id=run_id).execution_id)


class Viewer:
    """Serves one admitted viewer: three tasks of which the first to end decides how it ends."""

    def __init__(self, admission: Admission, send: Callable[[Frame], Awaitable[None]]) -> None:
        env = settings.ENV
        self._admission = admission
        self.outbox = Outbox(send, capacity=env.viewer_buffer_bytes, stall_seconds=env.viewer_stall_seconds)
        self._wakeups = WakeUps()
        self._feed = Feed(
            schema=admission.actor.schema,
            run_id=admission.run_id,
            after=admission.after,
            outbox=self.outbox,
            wakeups=self._wakeups,
        )

    async def serve(self) -> Farewell:
        """Sends the log until the run is over, the right is gone, or nobody reads. Raises what sending raises."""
        self._wakeups.start(self._admission.group)
        VIEWERS.inc()
        deciding = {asyncio.create_task(work) for work in (self._follow(), self._watch_rights(), self._deliver())}
        try:
            done, _pending = await asyncio.wait(deciding, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            VIEWERS.dec()
            self._wakeups.stop()
            for task in deciding:
                task.cancel()
            await asyncio.gather(*deciding, return_exceptions=True)

    async def _follow(self) -> Farewell:
        try:
            await self._feed.follow()
        except ViewerStalled:
            CUT_OFF.inc()
            return Farewell.TOO_SLOW
        except RunGone:
            return Farewell.NOT_FOUND
        return Farewell.END

    async def _deliver(self) -> Farewell:
        await self.outbox.run()
        raise AssertionError("an outbox runs until it is cancelled")

    async def _watch_rights(self) -> Farewell:
        """Looks again, every few seconds, whether the viewer still may see the run."""
        actor, run_id = self._admission.actor, self._admission.run_id
        while True:
            await asyncio.sleep(settings.ENV.viewer_recheck_seconds)
            current = await recheck(actor)
            if current is None:
                return Farewell.UNAUTHORIZED
            try:
                await in_tenant(current.schema, _group_of_visible, current, run_id)
            except RunNotFound:
                return Farewell.NOT_FOUND
            except ApplicationError:
                return Farewell.FORBIDDEN
