"""What follows from a new organization: a worker is asked for another spare, and nobody waits for that."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from django.test import override_settings

from apps.common.redis import redis_client, redis_forget
from apps.common.testing import eventually
from apps.tenants.models import Organization
from apps.tenants.signals import organization_created

END_SECONDS = 10


@pytest.fixture
def silent_redis() -> Iterator[None]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with override_settings(REDIS_URL=f"redis://127.0.0.1:{server.getsockname()[1]}/0"):
            redis_forget()
            yield
        redis_forget()


def asking() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "spare"]


def announced(organization: Organization) -> None:
    organization_created.send(sender=Organization, organization=organization)


def asked() -> bool:
    """Whether Celery's queue holds the question."""
    return any(b'"task": "tenants.spares"' in message for message in redis_client().lrange("celery", 0, -1))


def test_it_works(organization: Organization) -> None:
    redis_client().delete("celery")
    announced(organization)
    eventually(asked, seconds=END_SECONDS)


@pytest.mark.usefixtures("silent_redis")
def test_who_made_the_organization_does_not_wait(organization: Organization, caplog: pytest.LogCaptureFixture) -> None:
    announced(organization)
    assert asking()  # still, while we go on
    eventually(lambda: not asking(), seconds=END_SECONDS)
    assert "task_not_rung" in caplog.text
