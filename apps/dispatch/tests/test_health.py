from __future__ import annotations

import pytest

from apps.common.health import services
from apps.dispatch.services.workers import WorkerIdentity, worker_seen

pytestmark = pytest.mark.django_db


def workers() -> dict[str, object]:
    return services(with_errors=True)["services"]["workers"]  # type: ignore[no-any-return]


def test_it_works() -> None:
    worker_seen(worker=WorkerIdentity(name="w", host="h", pid=1, queues=("q",), slots=1), busy=0)
    found = workers()
    assert (found["status"], found["count"]) == ("healthy", 1)
    assert found["last_heartbeat"]


def test_nobody_works() -> None:
    assert workers() == {"status": "down", "count": 0, "last_heartbeat": None}
