"""What the process tests of the engine (tests/test_engine_*.py) do not reach."""

from __future__ import annotations

import time

import pytest

from apps.dispatch.services.workers import WorkerIdentity
from apps.executions.heart import Heart
from apps.executions.lease import Lease
from apps.executions.slots import Slots
from apps.executions.tests.conftest import Start, steal
from apps.tenants.context import public_context

ME = WorkerIdentity(name="me", host="h", pid=1, queues=("q",), slots=1)


@pytest.fixture
def slots() -> Slots:
    return Slots(ME, lease_seconds=30, grace_seconds=1, kill_seconds=0)


@pytest.fixture
def heart(slots: Slots) -> Heart:
    return Heart(slots, lease_seconds=30)


def hold(slots: Slots, lease: Lease) -> None:
    slots._leases[lease.token] = lease


def test_it_renews(slots: Slots, heart: Heart, start: Start) -> None:
    lease, began = start(), time.monotonic()
    hold(slots, lease)
    with public_context():
        heart.renew()
    assert began + 25 <= lease.good_until <= time.monotonic() + 25


def test_it_hears_that_a_lease_is_gone(slots: Slots, heart: Heart, start: Start) -> None:
    lease = start()
    hold(slots, lease)
    steal(lease)
    good_until = lease.good_until
    with public_context():
        heart.renew()
        heart.look()
    assert lease.good_until == good_until
    assert lease.control.lost.is_set()


def test_an_execution_that_was_lost_and_is_held_anew(slots: Slots, heart: Heart, start: Start) -> None:
    """By the same worker, whose old attempt has not come to its end yet."""
    anew = start()
    old = start()
    old.execution_id = anew.execution_id
    old.control.lost.set()
    hold(slots, anew)
    hold(slots, old)
    with public_context():
        heart.renew()
        heart.look()
    assert anew.good_until < time.monotonic() + 30
    assert not anew.control.lost.is_set()
