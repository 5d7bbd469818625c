from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.events.models import Event
from apps.robots.models import Robot, RobotVersion
from apps.robots.tests.factories import uploaded, zip_of

Clients = Callable[[User | None], APIClient]
URL = "/api/v1/robots"


def test_it_works(client_of: Clients, maintainer: User) -> None:
    body = {"name": "  Fechamento mensal ", "description": "Concilia", "tags": [" rh ", "folha", "rh", ""]}
    answer = client_of(maintainer).post(URL, body)
    assert answer.status_code == 201, answer.json()
    robot = answer.json()
    assert robot["name"] == "Fechamento mensal"
    assert robot["tags"] == ["folha", "rh"]
    assert robot["pool"] == "default"
    assert robot["created_by"] == maintainer.email
    assert robot["versions"] == []
    assert robot["active_version"] is None
    assert robot["canary"] is None
    event = Event.objects.get(name="robot.created")
    assert event.subject_id == robot["id"]
    assert event.actor_id == str(maintainer.pk)


def test_with_its_first_version(client_of: Clients, maintainer: User) -> None:
    described = {"version": "0.1.0", "channel": "beta", "arguments_json": ["--a"], "changelog": "First"}
    answer = client_of(maintainer).post(
        URL,
        {"name": "Closing", "tags": "a, b", "initial_version": json.dumps(described), "artifact": uploaded()},
        format="multipart",
    )
    assert answer.status_code == 201, answer.json()
    robot = answer.json()
    assert robot["tags"] == ["a", "b"]
    assert robot["active_version"]["version"] == "0.1.0"
    assert robot["versions"][0]["arguments"] == ["--a"]
    assert robot["versions"][0]["release_tags"] == ["latest"]


def test_repeated_form_fields_are_a_list(client_of: Clients, maintainer: User) -> None:
    answer = client_of(maintainer).post(URL, {"name": "Closing", "tags": ["x", "y"]}, format="multipart")
    assert answer.status_code == 201, answer.json()
    assert answer.json()["tags"] == ["x", "y"]


def test_a_first_version_that_is_refused_leaves_no_robot(
    client_of: Clients, maintainer: User, stored_files: Callable[[], set[Path]]
) -> None:
    before = stored_files()
    answer = client_of(maintainer).post(
        URL,
        {
            "name": "Closing",
            "initial_version": json.dumps({"version": "1.0.0"}),
            "artifact": uploaded(zip_of({"../evil.py": "x"}), "package.zip"),
        },
        format="multipart",
    )
    assert answer.status_code == 400
    assert "../evil.py" in answer.json()["detail"]
    assert not Robot.objects.exists()
    assert stored_files() == before


def test_taken_name_with_a_first_version_leaves_no_file(
    client_of: Clients, maintainer: User, robot: Robot, stored_files: Callable[[], set[Path]]
) -> None:
    before = stored_files()
    described = json.dumps({"version": "1.0.0"})
    body = {"name": robot.name, "initial_version": described, "artifact": uploaded()}
    answer = client_of(maintainer).post(URL, body, format="multipart")
    assert answer.status_code == 409
    assert not RobotVersion.objects.exists()
    assert stored_files() == before


def test_a_first_version_needs_its_file(client_of: Clients, maintainer: User) -> None:
    answer = client_of(maintainer).post(URL, {"name": "Closing", "initial_version": {"version": "1.0.0"}})
    assert answer.status_code == 400
    assert "initial_version" in answer.json()["errors"]


def test_a_file_needs_its_description(client_of: Clients, maintainer: User) -> None:
    answer = client_of(maintainer).post(URL, {"name": "Closing", "artifact": uploaded()}, format="multipart")
    assert answer.status_code == 400
    assert "artifact" in answer.json()["errors"]


def test_first_version_of_a_wrong_shape(client_of: Clients, maintainer: User) -> None:
    described = json.dumps({"version": "1.0.0", "chanel": "beta"})
    body = {"name": "Closing", "initial_version": described, "artifact": uploaded()}
    answer = client_of(maintainer).post(URL, body, format="multipart")
    assert answer.status_code == 422
    assert "initial_version.chanel" in answer.json()["errors"]


def test_name_is_taken_whatever_its_case(client_of: Clients, maintainer: User, robot: Robot) -> None:
    answer = client_of(maintainer).post(URL, {"name": robot.name.upper()})
    assert answer.status_code == 409
    assert answer.json()["error_code"] == "robot_name_taken"
    assert list(answer.json()["errors"]) == ["name"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "ab"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "   a   "}, "name"),
        ({"name": None}, "name"),
        ({"name": "Nul\0l"}, "body"),
        ({"name": "Closing", "tags": "["}, "tags"),
        ({"name": "Closing", "tags": [{"a": 1}]}, "tags"),
        ({"name": "Closing", "tags": ["x" * 61]}, "tags"),
        ({"name": "Closing", "pool": "a b"}, "pool"),
        ({"name": "Closing", "nome": "x"}, "nome"),
    ],
)
def test_wrong_shape(client_of: Clients, maintainer: User, body: dict[str, Any], field: str) -> None:
    answer = client_of(maintainer).post(URL, body)
    assert answer.status_code == 422, answer.json()
    assert any(name.split(".")[0] == field for name in answer.json()["errors"])
    assert not Robot.objects.exists()


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).post(URL, {"name": "Closing"}).status_code == 401


@pytest.mark.parametrize("who", ["viewer", "teammate", "stranger"])
def test_without_the_right(client_of: Clients, request: pytest.FixtureRequest, who: str) -> None:
    answer = client_of(request.getfixturevalue(who)).post(URL, {"name": "Closing"})
    assert answer.status_code == 403
    assert not Robot.objects.exists()


def test_a_grant_on_one_robot_makes_no_others(
    client_of: Clients, maintainer: User, robot: Robot, grant: Callable[..., Any]
) -> None:
    grant(maintainer, "robot.publish", robot)
    assert client_of(maintainer).post(URL, {"name": "Another"}).status_code == 403
