"""Names and the like are one line, whatever bears them and whoever writes them: refused by the field's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Role, User
from apps.common.actor import Actor
from apps.portal.services.domains import domain_create
from apps.robots.services.robots import robot_create, robot_update
from apps.robots.tests.factories import robot_made, version_made
from apps.tenants.models import Organization
from conftest import PASSWORD

TWO_LINES, TURNED = "two\nlines", "invoice\u202efdp.exe"
PERSON = {"email": "new@acme.example", "name": "New", "role": "viewer", "password": PASSWORD}
Clients = Callable[[User], APIClient]


@pytest.fixture
def ids(owner: User, actor: Callable[[User], Actor], organization: Organization) -> dict[str, str]:
    """What bears a name already."""
    robot = robot_made(organization.schema_name)
    domain = domain_create(actor=actor(owner), name="Finance", slug="finance", now=timezone.now())
    version = version_made(organization.schema_name, robot)
    return {name: str(row.pk) for name, row in (("robot", robot), ("domain", domain), ("version", version))}


@pytest.mark.parametrize("text", [TWO_LINES, TURNED], ids=["lines", "turned"])
@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("post", "users", PERSON, "name"),
        ("post", "users", PERSON, "username"),
        ("post", "users", PERSON, "phone"),
        ("post", "users", PERSON, "department"),
        ("patch", "users/{user}", {}, "username"),
        ("patch", "users/{user}", {}, "department"),
        ("patch", "auth/me", {}, "phone"),
        ("patch", "auth/me", {}, "name"),
        ("put", "tenants/current", {}, "name"),
        ("post", "robots", {}, "name"),
        ("patch", "robots/{robot}", {}, "name"),
        ("post", "robots/{robot}/schedules", {"cron": "* * * * *"}, "name"),
        ("post", "domains", {"slug": "people"}, "name"),
        ("patch", "domains/{domain}", {}, "name"),
        ("post", "services", {"form_schema_json": {"fields": []}, "run_template_json": {}}, "title"),
        ("post", "api-keys", {"permissions": ["robot.read"]}, "name"),
    ],
)
def test_what_is_no_line(
    client_of: Clients,
    owner: User,
    viewer: User,
    ids: dict[str, str],
    method: str,
    path: str,
    body: dict[str, Any],
    field: str,
    text: str,
) -> None:
    below = {"domain_id": ids["domain"], "robot_id": ids["robot"], "default_version_id": ids["version"]}
    sent = body | {field: text} | (below if path == "services" else {})
    answer = getattr(client_of(owner), method)(f"/api/v1/{path.format(user=viewer.pk, **ids)}", sent)
    assert (answer.status_code, list(answer.json().get("errors", {}))) == (422, [field]), answer.json()


def test_space_around_a_robots_name_is_none_of_it(
    owner: User, actor: Callable[[User], Actor], organization: Organization
) -> None:
    """Whether it is made or changed."""
    who, now = actor(owner), timezone.now()
    robot = robot_create(actor=who, name="Nightly\n", now=now)
    assert robot.name == "Nightly"
    assert robot_update(actor=who, robot=robot, name="Weekly\n", now=now).name == "Weekly"


def test_names_of_roles(owner: User, client_of: Clients) -> None:
    """They are written in the back-office."""
    browser = Client(SERVER_NAME="acme.localhost")
    browser.force_login(owner)
    shown = browser.post("/admin/accounts/role/add/", {"slug": "night", "name": TURNED, "actions": ["robot.read"]})
    assert "This must be one line" in shown.content.decode()
    assert not Role.objects.filter(slug="night").exists()
