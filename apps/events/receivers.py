"""Who wants to hear of events. Receivers ring doorbells and push frames; they decide nothing and may be lost."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from apps.events.models import Event

Receiver = Callable[["Event"], None]
_receivers: list[tuple[str, Receiver]] = []
logger = structlog.get_logger(__name__)


def receives(*patterns: str) -> Callable[[Receiver], Receiver]:
    """Registers a function for events by name; ``*`` stands for any run of characters (``run.*``)."""

    def register(receiver: Receiver) -> Receiver:
        _receivers.extend((pattern, receiver) for pattern in patterns)
        return receiver

    return register


def deliver(event: Event) -> None:
    """Calls every receiver of an event that has committed; one that fails is logged and stops no other."""
    for pattern, receiver in _receivers:
        if fnmatchcase(event.name, pattern):
            try:
                receiver(event)
            except Exception:
                logger.exception("receiver_failed", receiver=receiver.__qualname__, event_name=event.name)
