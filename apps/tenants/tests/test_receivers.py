"""What follows from a new organization."""

from __future__ import annotations

import json

import pytest
import redis
from django.conf import settings

from apps.tenants.tasks import spares_make


def rung() -> list[str]:
    """The tasks that wait in Celery's queue; takes them out."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        raw = client.lrange("celery", 0, -1)
        client.delete("celery")
    return [json.loads(message)["headers"]["task"] for message in raw]


@pytest.fixture
def quiet() -> None:
    rung()


@pytest.mark.usefixtures("quiet", "live_organization")
def test_a_worker_is_asked_for_the_next_spare() -> None:
    assert rung() == [spares_make.name]
