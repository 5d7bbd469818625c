"""What the process tests of the engine (tests/test_engine_*.py) do not reach."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import pytest

from apps.common.testing import eventually
from apps.dispatch.services.workers import WorkerIdentity
from apps.executions import registry
from apps.executions import slots as slots_module
from apps.executions.lease import Lease, Outcome
from apps.executions.models import Status
from apps.executions.slots import THREADS_PER_SLOT, Slots
from apps.executions.tests.conftest import Accept, RecordingKind, stored
from apps.tenants.context import tenant_context

ME = WorkerIdentity(name="me", host="h", pid=1, queues=("q",), slots=1)


@pytest.fixture
def slots() -> Slots:
    return Slots(ME, lease_seconds=30, grace_seconds=1, kill_seconds=0)


class Hanging(NamedTuple):
    """Work that has begun, and goes on until it is released."""

    begun: threading.Event
    release: threading.Event


@pytest.fixture
def hanging(kind: RecordingKind, monkeypatch: pytest.MonkeyPatch) -> Hanging:
    """The kind's work hangs, and whatever runs is overdue."""
    work = Hanging(threading.Event(), threading.Event())

    def run(_lease: Lease) -> Outcome:
        work.begun.set()
        work.release.wait(20)
        return Outcome(Status.COMPLETED)

    monkeypatch.setattr(kind, "run", run)
    monkeypatch.setattr(slots_module, "OVERDUE_SECONDS", 0)
    return work


def slot_threads() -> int:
    return sum(thread.name == "slot" for thread in threading.enumerate())


def test_a_poke_is_kept_for_a_slot_about_to_give_up(slots: Slots) -> None:
    assert slots.wait_for_room(0)
    slots.poke()
    assert slots._heard()
    assert not slots.wait_for_room(0)
    slots.poke()
    slots.poke()
    assert slots._pokes == 1
    assert slots.idle == 0
    slots._vacated()
    assert slots._heard()


def test_closed_slots_hear_nothing(slots: Slots) -> None:
    slots.poke()
    slots.close()
    assert not slots._heard()


def test_closed_slots_have_no_room(slots: Slots) -> None:
    assert slots.wait_for_room(0)
    slots.close()
    assert not slots.wait_for_room(0)


def test_an_overdue_attempt_loses_its_execution_and_its_slot_to_a_new_one(
    transactional_db: None,
    accept: Accept,
    kind: RecordingKind,
    hanging: Hanging,
    slots: Slots,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    execution = accept(timeout_seconds=0)
    slots.open()
    eventually(hanging.begun.is_set)
    [lease] = slots.leases()
    slots.give_up_if_overdue(lease)
    assert lease.control.lost.is_set()
    assert (stored(execution).status, stored(execution).error_message) == (Status.FAILED, "TIMEOUT")
    assert not slots.leases()

    monkeypatch.setattr(kind, "run", lambda _lease: Outcome(Status.COMPLETED))
    another = accept()
    slots.poke()
    eventually(lambda: stored(another).status == Status.COMPLETED)
    hanging.release.set()
    eventually(lambda: slots.idle == 1)
    slots.stop()
    eventually(lambda: not slot_threads())


def test_overdue_instant_ones_lose_the_slot_they_share(
    transactional_db: None,
    accept: Accept,
    kind: RecordingKind,
    hanging: Hanging,
    slots: Slots,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_instant", {kind.name})
    executions = [accept(timeout_seconds=0) for _number in range(3)]
    slots.open()
    eventually(hanging.begun.is_set)
    leases = slots.leases()
    assert len(leases) == 3
    for lease in leases:
        slots.give_up_if_overdue(lease)
    assert {stored(execution).error_message for execution in executions} == {"TIMEOUT"}
    assert slots._free == 1
    assert slot_threads() == THREADS_PER_SLOT + 1  # one hangs, and one was begun for it

    hanging.release.set()
    eventually(lambda: slot_threads() == THREADS_PER_SLOT)
    assert slots._free == 1
    slots.stop()
    eventually(lambda: not slot_threads())


def test_not_overdue_yet(slots: Slots, start: Any) -> None:
    lease = start()
    slots._leases[lease.token] = lease
    with tenant_context(lease.schema):
        slots.give_up_if_overdue(lease)
    assert slots.leases() == [lease]


def test_the_next_starts_while_the_end_of_the_one_before_is_written(
    transactional_db: None, accept: Accept, kind: RecordingKind, slots: Slots, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, release = [threading.Event() for _number in range(3)], threading.Event()
    begun: list[Lease] = []

    def work(lease: Lease) -> Outcome:
        running[len(begun)].set()
        begun.append(lease)
        if len(begun) < 3:  # the third runs on in the only slot
            lease.vacate()
            lease.vacate()  # saying it twice frees no second one
        release.wait(20)
        return Outcome(Status.COMPLETED)

    monkeypatch.setattr(kind, "run", work)
    executions = [accept() for _number in range(3)]
    slots.open()
    slots.poke()
    eventually(lambda: running[1].is_set() and slots._free == 1 and slots._pokes)  # there is a slot for the third
    assert len(slots.leases()) == slot_threads() == THREADS_PER_SLOT  # but both threads write: it waits for one
    assert not running[2].is_set()
    release.set()
    eventually(lambda: all(stored(execution).status == Status.COMPLETED for execution in executions))
    slots.stop()
