from __future__ import annotations

import uuid

import pytest

from apps.accounts.models import User
from apps.robots.models import Robot, RobotVersion
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import version_made, zip_of
from apps.tenants.models import Organization
from apps.tenants.storage import tenant_storage

OLD: dict[str, str | bytes] = {
    "main.py": "a = 1\nb = 2\n",
    "gone.txt": "x",
    "same.txt": "y",
    "icon.png": b"\x89PNG\0old",
}
NEW: dict[str, str | bytes] = {
    "main.py": "a = 1\nb = 3\n",
    "new/file.txt": "x",
    "same.txt": "y",
    "icon.png": b"\x89PNG\0new",
}


@pytest.fixture
def versions(organization: Organization, robot: Robot) -> list[RobotVersion]:
    return [
        version_made(organization.schema_name, robot, zip_of(files), file_name="p.zip", version=number)
        for number, files in (("1.0.0", OLD), ("1.1.0", NEW))
    ]


@pytest.fixture
def url(robot: Robot, versions: list[RobotVersion]) -> str:
    return f"/api/v1/robots/{robot.pk}/versions/{versions[0].pk}/diff/{versions[1].pk}"


class TestPermissions(Guarded):
    pass


def test_it_works(client_of: Clients, viewer: User, url: str) -> None:
    body = client_of(viewer).get(url).json()
    assert (body["old"]["version"], body["new"]["version"]) == ("1.0.0", "1.1.0")
    assert body["added"] == ["new/file.txt"]
    assert body["removed"] == ["gone.txt"]
    binary, text = body["changed"]
    assert (binary["path"], binary["binary"], binary["diff"]) == ("icon.png", True, "")
    assert text["path"] == "main.py"
    assert text["diff"].splitlines()[-3:] == [" a = 1", "-b = 2", "+b = 3"]


def test_with_itself(client_of: Clients, viewer: User, robot: Robot, versions: list[RobotVersion]) -> None:
    url = f"/api/v1/robots/{robot.pk}/versions/{versions[0].pk}/diff/{versions[0].pk}"
    body = client_of(viewer).get(url).json()
    assert body["added"] == body["removed"] == body["changed"] == []


def test_of_a_package_that_is_gone(client_of: Clients, viewer: User, url: str, versions: list[RobotVersion]) -> None:
    tenant_storage.delete(versions[0].storage_name)
    answer = client_of(viewer).get(url)
    assert (answer.status_code, answer.json()["error_code"]) == (503, "artifact_damaged")


def test_unknown(client_of: Clients, viewer: User, robot: Robot, versions: list[RobotVersion]) -> None:
    url = f"/api/v1/robots/{robot.pk}/versions/{versions[0].pk}/diff/{uuid.uuid4()}"
    assert client_of(viewer).get(url).status_code == 404
