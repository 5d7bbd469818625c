"""Lists of the back-office: as many queries for fifty rows as for five, and what stands there instead of rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import Role, Session, TagGrant, User
from apps.accounts.services.api_keys import api_key_create
from apps.common.actor import Actor
from apps.common.admin_sites import organization_site, platform_site
from apps.executions.models import Artifact, Status
from apps.portal.services.domains import domain_create
from apps.portal.services.services import service_create
from apps.robots.services.schedules import schedule_create, schedules_fire
from apps.robots.tests.factories import robot_made, run_ended, run_made, system, version_made
from apps.tenants.models import Organization
from conftest import make_user

QUERIES = {
    "robots/robot": 8,
    "robots/robotversion": 9,
    "robots/run": 9,
    "robots/schedule": 7,
    "robots/schedulefiring": 9,
    "executions/execution": 10,
    "executions/artifact": 8,
    "events/event": 9,
    "portal/service": 7,
    "portal/domain": 6,
    "portal/servicerevision": 6,
    "accounts/user": 7,
    "accounts/session": 7,
    "accounts/apikey": 6,
    "accounts/taggrant": 6,
}
"""Session, person and access of support are five; the rest are count, rows, what filters offer and dates."""


def signed_in(organization: Organization, user: User) -> Client:
    client = Client(SERVER_NAME=f"{organization.slug}.localhost")
    client.force_login(user)
    return client


def rows_made(organization: Organization, actor: Actor, numbers: range) -> None:
    """One row of each list for each number, and what belongs to it."""
    schema, now = organization.schema_name, timezone.now()
    program = system(schema)
    for number in numbers:
        robot = robot_made(schema, f"Robot {number}", tags=["a", "b"])
        version = version_made(schema, robot)
        run = run_ended(run_made(schema, robot), Status.FAILED if number % 2 else Status.COMPLETED)
        Artifact.objects.create(execution=run.execution, name="a.csv", size=3, storage_name="x", sha256="0" * 64)
        schedule_create(actor=program, robot=robot, values={"cron": "* * * * *"}, now=now - timedelta(minutes=2))
        domain = domain_create(actor=program, name=f"Domain {number}", slug=f"domain-{number}", now=now)
        service_create(
            actor=program,
            domain_id=domain.pk,
            robot_id=robot.pk,
            default_version_id=version.pk,
            title=f"Service {number}",
            form_schema_json={"fields": []},
            run_template_json={},
            now=now,
        )
        person = make_user(f"person-{number}@acme.example", "viewer")
        Session.objects.create(user=person, last_used_at=now, expires_at=now + timedelta(days=1), device="tests")
        TagGrant.objects.create(user=person, action="robot.run", scope_tag=f"tag-{number}")
        api_key_create(actor=actor, name=f"key {number}", permissions=["robot.read"], now=now)
    schedules_fire(now=now)


def counted(client: Client) -> dict[str, int]:
    """Queries of each list, asked for a second time: what is remembered is remembered."""
    counts = {}
    for page in QUERIES:
        client.get(f"/admin/{page}/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/admin/{page}/").status_code == 200, page
        counts[page] = len(queries)
    return counts


def test_it_works(organization: Organization, owner: User, actor: Callable[[User], Any]) -> None:
    client = signed_in(organization, owner)
    rows_made(organization, actor(owner), range(5))
    few = counted(client)
    rows_made(organization, actor(owner), range(5, 50))
    assert counted(client) == few
    assert few == QUERIES


def test_an_empty_list_says_what_makes_rows_and_leads_there(organization: Organization, owner: User) -> None:
    client = signed_in(organization, owner)
    page = client.get("/admin/robots/schedulefiring/").content.decode()
    assert "Nothing here yet" in page
    assert "Each time a schedule fires stands here" in page
    assert 'class="office-button" href="/admin/robots/schedule/"' in page
    page = client.get("/admin/robots/robot/").content.decode()
    assert 'class="office-button primary"' in page
    assert "Add robot" in page


def test_a_list_that_is_narrowed_to_nothing_leads_to_all_of_it(organization: Organization, owner: User) -> None:
    page = signed_in(organization, owner).get("/admin/robots/robot/?q=nobody").content.decode()
    assert "Nothing fits" in page
    assert '<a class="office-button" href="?">Show all</a>' in page


@pytest.mark.parametrize("site", [organization_site, platform_site], ids=lambda site: site.name)
def test_each_list_that_may_be_empty_says_why(site: Any) -> None:
    silent = [page for page in site._registry.values() if not (page.is_one_row or page.nothing)]
    assert {page.model for page in silent} <= {User, Role}, "somebody is always there, with a role"
