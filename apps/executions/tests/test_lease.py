"""A lease as its holder knows it: by its own clock, and with wishes that reach whoever waits for something else."""

from __future__ import annotations

import time

from apps.executions.lease import Wish
from apps.executions.tests.conftest import lease_of


def test_it_works() -> None:
    lease, now = lease_of(), time.monotonic()
    lease.renewed(asked_at=now, lease_seconds=30)
    assert lease.good_until == now + 25
    assert not lease.is_lost


def test_it_ends_by_time() -> None:
    lease = lease_of()
    lease.renewed(asked_at=time.monotonic() - 26, lease_seconds=30)
    assert lease.is_lost
    assert not lease.control.lost.is_set()


def test_once_lost_it_stays_lost() -> None:
    lease = lease_of()
    lease.control.lost.set()
    lease.renewed(asked_at=time.monotonic(), lease_seconds=30)
    assert lease.is_lost


def test_a_wish_calls_once() -> None:
    wish, heard = Wish(), []
    wish.then(lambda: heard.append("before"))
    assert not heard
    wish.set()
    wish.set()
    wish.then(lambda: heard.append("after"))
    assert heard == ["before", "after"]
    assert wish.wait(0)
