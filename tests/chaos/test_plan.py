"""The faults follow from the seed."""

from __future__ import annotations

from tests.chaos.nemesis import WAYS, plan


def test_it_works() -> None:
    assert plan(7, 1000, lease=2.0) == plan(7, 1000, lease=2.0)
    assert plan(7, 1000, lease=2.0) != plan(8, 1000, lease=2.0)
    assert len(plan(7, 1000, lease=2.0)) == 1000


def test_every_kind_comes_once_before_chance_decides() -> None:
    assert {fault.name for fault in plan(7, len(WAYS), lease=2.0)} == set(WAYS)
    without = plan(7, 500, lease=2.0, without=["restart postgresql"])
    assert {fault.name for fault in without} == set(WAYS) - {"restart postgresql"}


def test_sleeping_workers_sleep_past_their_leases() -> None:
    for name in ("pause worker", "cut worker off"):
        long = [fault.seconds for fault in plan(7, 1000, lease=2.0) if fault.name == name]
        assert min(long) > 2.0
        assert max(long) <= 4.0
