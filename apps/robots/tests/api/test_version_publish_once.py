"""Publishing with an Idempotency-Key: one version and one file, however it goes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection, connections
from rest_framework.test import APIClient

from apps.accounts.models import Role, User
from apps.robots.models import Robot, RobotVersion
from apps.robots.tests.api.guarded import Clients
from apps.robots.tests.factories import robot_made, uploaded
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.storage import TenantStorage
from conftest import bearer, make_user

AT_ONCE = 6
Publish = Callable[..., Any]


@pytest.fixture(autouse=True)
def storage(folder_storage: Path) -> Path:
    """Files of one test alone."""
    return folder_storage


def files(storage: Path) -> list[str]:
    return [path.name for path in storage.rglob("*") if path.is_file()]


def publisher(client: APIClient, robot: Robot) -> Publish:
    def publish(version: str = "1.0.0", source: str = "print(1)", key: str = "publish-1") -> Any:
        fields = {"version": version, "artifact": uploaded(source)}
        url = f"/api/v1/robots/{robot.pk}/versions/publish"
        return client.post(url, fields, format="multipart", headers={"Idempotency-Key": key})

    return publish


@pytest.fixture
def publish(client_of: Clients, maintainer: User, robot: Robot) -> Publish:
    return publisher(client_of(maintainer), robot)


@pytest.fixture
def publish_live(live_organization: Organization) -> Publish:
    """The same from any thread, committed."""
    with tenant_context(live_organization):
        token = bearer(make_user("maintainer@live.example", "maintainer"), live_organization)
        robot = robot_made(live_organization.schema_name)
    return publisher(APIClient(SERVER_NAME="localhost", HTTP_AUTHORIZATION=f"Bearer {token}"), robot)


def test_it_works(publish: Publish, storage: Path) -> None:
    first, second = publish(), publish()
    assert (first.status_code, second.status_code) == (201, 201), second.json()
    assert second.content == first.content
    assert second["Idempotency-Replayed"] == "true"
    assert RobotVersion.objects.count() == 1
    assert files(storage) == ["main.py"]


def test_another_file_under_the_same_key(publish: Publish, storage: Path) -> None:
    publish()
    assert publish(source="print(2)").json()["error_code"] == "idempotency_key_reused"
    assert files(storage) == ["main.py"]


def test_the_same_version_under_another_key(publish: Publish, storage: Path) -> None:
    publish()
    assert publish(key="publish-2").json()["error_code"] == "version_exists"
    assert files(storage) == ["main.py"]


def test_a_lost_right_also_covers_what_was_answered(publish: Publish, maintainer: User, storage: Path) -> None:
    publish()
    User.objects.filter(pk=maintainer.pk).update(role=Role.objects.get(slug="viewer"))
    assert publish().status_code == 403
    assert files(storage) == ["main.py"]


def test_at_the_same_instant(publish_live: Publish, live_organization: Organization, storage: Path) -> None:
    barrier = Barrier(AT_ONCE)

    def send(_number: int) -> Any:
        try:
            barrier.wait(10)
            return publish_live()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(send, range(AT_ONCE)))
    created = [answer for answer in answers if answer.status_code == 201]
    assert [answer.status_code for answer in answers if answer not in created] == [409] * (AT_ONCE - len(created))
    assert len([answer for answer in created if "Idempotency-Replayed" not in answer]) == 1
    assert len({answer.content for answer in created}) == 1
    with tenant_context(live_organization):
        assert RobotVersion.objects.count() == 1
    assert files(storage) == ["main.py"]


def test_a_slow_storage_holds_no_transaction(publish_live: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    open_transactions: list[int] = []
    original = TenantStorage.save

    def save(storage: TenantStorage, name: str, content: Any) -> str:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in tr%'"
            )
            open_transactions.append(cursor.fetchone()[0])
        return original(storage, name, content)

    monkeypatch.setattr(TenantStorage, "save", save)
    assert publish_live().status_code == 201
    assert open_transactions == [0]


def test_a_storage_that_does_not_answer(publish: Publish, storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(FileSystemStorage, "save", _away)
        answer = publish()
        assert (answer.status_code, answer.json()["error_code"]) == (503, "unavailable")
    assert not RobotVersion.objects.exists()
    assert publish().status_code == 201
    assert files(storage) == ["main.py"]


def _away(*_arguments: Any) -> str:
    raise OSError("no space left")
