from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.dispatch.models import Worker
from apps.dispatch.selectors import queue_depths, queue_is_served, tickets_are_due
from apps.dispatch.services.workers import WorkerIdentity, worker_seen
from apps.dispatch.tests.conftest import PAST, Make
from apps.tenants.context import public_context
from apps.tenants.models import Organization

LATER = timezone.now() + timedelta(hours=1)


def test_due(make: Make) -> None:
    assert not tickets_are_due(["q"])
    make()
    assert tickets_are_due(["other", "q"])
    assert not tickets_are_due(["other"])


def test_not_due_before_its_time_nor_once_held(make: Make) -> None:
    make(available_at=LATER)
    make(held=True)
    assert not tickets_are_due(["q"])


def test_not_due_in_an_inactive_organization(make: Make, organization: Organization) -> None:
    make()
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(is_active=False)
    assert not tickets_are_due(["q"])


def test_depths(make: Make) -> None:
    make(queue="a")
    make(queue="a", available_at=PAST - timedelta(minutes=5))
    make(queue="a", held=True)
    make(queue="b", available_at=LATER)
    [depth] = queue_depths()
    assert (depth.queue, depth.waiting, depth.oldest_at) == ("a", 2, PAST - timedelta(minutes=5))


@pytest.mark.django_db
def test_a_queue_is_served_as_long_as_a_worker_of_it_lives() -> None:
    assert not queue_is_served("robots.gpu", lease_seconds=30)
    worker_seen(
        worker=WorkerIdentity(name="w", host="h", pid=1, queues=["robots.default", "robots.gpu"], slots=1), busy=0
    )
    assert queue_is_served("robots.gpu", lease_seconds=30)
    assert not queue_is_served("robots.other", lease_seconds=30)
    with public_context():
        Worker.objects.update(last_seen=timezone.now() - timedelta(seconds=46))
    assert not queue_is_served("robots.gpu", lease_seconds=30)
