"""Kinds of work. The engine knows when, the kind knows what.

An app that brings kinds has a module ``kinds``, which registers them when it is loaded: by who first asks for one, for
a kind brings along all that it works with, and most processes have no work done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Protocol

from django.utils.module_loading import autodiscover_modules

from apps.common.actor import Actor
from apps.executions.lease import Lease, Outcome
from apps.executions.models import Execution


class Kind(Protocol):
    """What an app hands in to have its work done."""

    @property
    def name(self) -> str:
        """As in ``Execution.kind``; never changes."""

    def run(self, lease: Lease) -> Outcome:
        """Does the work, in a thread of a worker, inside the organization and outside any transaction.

        Watches ``lease.control`` and keeps the time limit itself. Raises ``LeaseLost`` or returns anything at all
        when the lease is gone. Any other exception is a failure that is not tried again.
        """

    def changed(self, execution: Execution, *, event: str, actor: Actor, now: datetime) -> None:
        """Hears of every change, inside its transaction and its organization.

        ``event`` is started, completed, failed, cancelled, lost, retried (an attempt was used up, the next one waits)
        or requeued (its worker vanished before the process started; it waits again). Not called for the acceptance:
        whoever accepts knows, and has rows of its own to write first.
        """


class UnknownKind(LookupError):
    """No app of this process knows this kind of work."""


_kinds: dict[str, Kind] = {}
_instant: set[str] = set()
_renewals: list[Callable[[float], None]] = []


def register(kind: Kind, *, instant: bool = False) -> None:
    """Makes a kind known, from the module ``kinds`` of its app.

    An ``instant`` kind does its work in milliseconds; a slot takes several of them at once, in the fair order.
    """
    _kinds[kind.name] = kind
    if instant:
        _instant.add(kind.name)


@cache
def kinds_load() -> None:
    """Loads the kinds of all apps. Who asks for one need not call it; who shall not wait for it later does at start."""
    autodiscover_modules("kinds")


def kind_of(name: str) -> Kind:
    """The kind with this name. Raises ``UnknownKind``."""
    kinds_load()
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(name) from None


def instant_kinds() -> frozenset[str]:
    """Names of the kinds that may be taken together."""
    kinds_load()
    return frozenset(_instant)


def on_renewal(hear: Callable[[float], None]) -> None:
    """Registers who is told, with each renewal of this worker's leases, for how many seconds they are good from now.

    For processes beside the worker that have to end what a worker cannot which sleeps itself. It must be quick.
    """
    _renewals.append(hear)


def renewed(seconds: float) -> None:
    """The leases of this process were renewed."""
    for hear in _renewals:
        hear(seconds)
