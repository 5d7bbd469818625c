"""The fence takes leases away by its own clock; that robots end by it shows tests/test_engine_partition.py."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from apps.common.testing import eventually
from apps.executions.fence import Fence
from apps.executions.lease import SAFETY, Lease
from apps.executions.tests.conftest import lease_of

LEASE_SECONDS = 0.6


@pytest.fixture
def held() -> list[Lease]:
    return []


@pytest.fixture
def fence(held: list[Lease]) -> Iterator[Fence]:
    fence = Fence(lambda: held, lease_seconds=LEASE_SECONDS)
    fence.start()
    yield fence
    fence.stop()
    fence.join(5)


def test_it_works(fence: Fence, held: list[Lease]) -> None:
    lease, asked_at = lease_of(), time.monotonic()
    killed_at: list[float] = []
    lease.control.lost.then(lambda: killed_at.append(time.monotonic()))
    lease.renewed(asked_at=asked_at, lease_seconds=LEASE_SECONDS)
    held.append(lease)
    eventually(lambda: killed_at)
    assert killed_at[0] - asked_at >= LEASE_SECONDS * (1 - SAFETY)


def test_before_anybody_else_may_have_it(held: list[Lease]) -> None:
    """However the looks fall: the last one comes while PostgreSQL still lets the lease stand."""
    fence = Fence(lambda: held, lease_seconds=30)
    assert fence._pause < 30 * SAFETY / 2


def test_what_is_renewed_stays(fence: Fence, held: list[Lease]) -> None:
    lease = lease_of()
    lease.renewed(asked_at=time.monotonic(), lease_seconds=3600)
    held.append(lease)
    fence.look()
    assert not lease.control.lost.is_set()


def test_it_outlives_a_kind_that_fails_to_stop(
    fence: Fence, held: list[Lease], caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> None:
        raise RuntimeError("it does not stop")

    stubborn, other = lease_of(), lease_of()
    stubborn.control.lost.then(refuse)
    for lease in (stubborn, other):
        lease.renewed(asked_at=time.monotonic(), lease_seconds=0)
        held.append(lease)
    eventually(other.control.lost.is_set)
    assert "fence_failed" in caplog.text
    assert fence.is_alive()
