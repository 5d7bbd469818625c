"""Who wants to hear of events. Receivers ring doorbells and push frames; they decide nothing and may be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from apps.tenants.context import tenant_context

if TYPE_CHECKING:
    from apps.events.models import Event

Receiver = Callable[["Event"], None]
_receivers: list[tuple[str, Receiver]] = []
_cause: ContextVar[UUID | None] = ContextVar("cause", default=None)
logger = structlog.get_logger(__name__)


def receives(*patterns: str) -> Callable[[Receiver], Receiver]:
    """Registers a function for events by name; ``*`` stands for any run of characters (``run.*``)."""

    def register(receiver: Receiver) -> Receiver:
        _receivers.extend((pattern, receiver) for pattern in patterns)
        return receiver

    return register


def deliver(event: Event, *, schema: str) -> None:
    """Calls every receiver of an event that has committed, in its organization; what they record names it as cause.

    One that fails is logged and stops no other.
    """
    with tenant_context(schema), caused_by(event.pk):
        for pattern, receiver in _receivers:
            if fnmatchcase(event.name, pattern):
                try:
                    receiver(event)
                except Exception:
                    logger.exception("receiver_failed", receiver=receiver.__qualname__, event_name=event.name)


@contextmanager
def caused_by(event_id: UUID | None) -> Iterator[None]:
    """What is recorded inside names this event as its cause; tasks that a receiver sent enter it with the id."""
    token = _cause.set(event_id)
    try:
        yield
    finally:
        _cause.reset(token)


def current_cause() -> UUID | None:
    """Id of the event that is being worked on, if any."""
    return _cause.get()
