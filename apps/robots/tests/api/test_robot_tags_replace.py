from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import User
from apps.robots.models import Robot
from apps.robots.tests.api.guarded import Clients, Guarded


@pytest.fixture
def url(robot: Robot) -> str:
    return f"/api/v1/robots/{robot.pk}/tags"


class TestPermissions(Guarded):
    method = "patch"
    body = {"tags": ["x"]}
    without = ("stranger", "viewer", "teammate")


def test_it_works(client_of: Clients, maintainer: User, url: str) -> None:
    client = client_of(maintainer)
    client.patch(url, {"tags": ["old"]})
    answer = client.patch(url, {"tags": [" rh", "folha ", "rh", " "]})
    assert answer.status_code == 200, answer.json()
    assert answer.json()["tags"] == ["folha", "rh"]
    assert client.patch(url, {"tags": []}).json()["tags"] == []


@pytest.mark.parametrize("body", [{}, {"tags": None}, {"tags": "rh"}, {"tags": [1]}, {"tags": ["x" * 61]}, {"tag": []}])
def test_wrong_shape(client_of: Clients, maintainer: User, url: str, body: dict[str, Any]) -> None:
    assert client_of(maintainer).patch(url, body).status_code == 422
