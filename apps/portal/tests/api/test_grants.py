"""Grants given through the API, as they are felt at the doors of robots, runs and services."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db.models import Model
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services.grants import grant_add
from apps.executions.models import Artifact
from apps.portal.models import Domain, Service
from apps.portal.services.domains import domain_create
from apps.portal.tests.conftest import ActorOf, MakeService, MakeVersion
from apps.robots.models import Robot, Run
from apps.robots.services.runs import run_start
from apps.robots.tests.factories import artifact_made, logged, run_ended
from conftest import make_user

Clients = Callable[[User | None], APIClient]
Grant = Callable[..., str]
PARAMETERS = {"parameters": {"periodo": "2026-02"}}


@pytest.fixture
def other(owner: User, make_version: MakeVersion) -> Robot:
    """A second robot, without tags."""
    robot = Robot.objects.create(name="Outro", created_by=owner)
    make_version(robot, "1.0.0", is_active=True)
    return robot


@pytest.fixture
def granted(client_of: Clients, owner: User) -> Grant:
    """The owner grants; what it gives is where the grant can be taken back."""

    def grant(user: User, action: str, on: Model | str) -> str:
        where = {"resource_type": "service" if action.startswith("service") else "robot"}
        where |= (
            {"scope_tag": on}
            if isinstance(on, str)
            else {
                "resource_type": str(on._meta.model_name),
                "resource_id": str(on.pk),
            }
        )
        url = f"/api/v1/users/{user.pk}/permissions"
        answer = client_of(owner).post(url, {"action": action} | where)
        assert answer.status_code == 201, answer.data
        return f"{url}/{answer.json()['id']}"

    return grant


@pytest.fixture
def run(owner: User, actor: ActorOf, service: Service, robot: Robot) -> Run:
    """A run of the first robot that is over, with a log and a file."""
    run = run_start(actor=actor(owner), robot=robot, now=timezone.now())
    logged(run, "one", "two")
    return run_ended(run)


@pytest.fixture
def artifact(run: Run) -> Artifact:
    return artifact_made(run, b"1;2\n", "out.csv")


def statuses(client: APIClient, *urls: str) -> list[int]:
    return [client.get(url).status_code for url in urls]


def listed(client: APIClient, what: str) -> set[str]:
    answer = client.get(f"/api/v1/{what}")
    assert answer.status_code == 200, answer.data
    return {row["id"] for row in answer.json()[what]}


def test_reading_robots_is_narrowed_to_404(
    client_of: Clients, granted: Grant, service: Service, viewer: User, robot: Robot, other: Robot
) -> None:
    client = client_of(viewer)
    where = granted(viewer, "robot.read", robot)
    assert listed(client, "robots") == {str(robot.pk)}
    for path in ("", "/versions"):
        urls = [f"/api/v1/robots/{each.pk}{path}" for each in (robot, other)]
        assert statuses(client, *urls) == [200, 404]
    granted(viewer, "robot.read", other)
    assert listed(client, "robots") == {str(robot.pk), str(other.pk)}
    assert client.delete(where).status_code == 403


def test_running_robots_is_narrowed_to_403_and_widened_again(
    client_of: Clients, granted: Grant, owner: User, service: Service, teammate: User, robot: Robot, other: Robot
) -> None:
    client = client_of(teammate)
    where = granted(teammate, "robot.run", other)
    execute = [f"/api/v1/runs/{each.pk}/execute" for each in (robot, other)]
    assert [client.post(url, {}).status_code for url in execute] == [403, 202]
    assert statuses(client, f"/api/v1/robots/{robot.pk}") == [200], "seen, but not to be run"
    assert client.post(f"/api/v1/services/{service.pk}/run", PARAMETERS).status_code == 403
    assert client_of(owner).delete(where).status_code == 204
    assert [client.post(url, {}).status_code for url in execute] == [202, 202], "the role counts again"


def test_running_is_given_where_the_role_lacks_it(
    client_of: Clients, granted: Grant, service: Service, viewer: User, robot: Robot, other: Robot
) -> None:
    client = client_of(viewer)
    execute = [f"/api/v1/runs/{each.pk}/execute" for each in (robot, other)]
    assert [client.post(url, {}).status_code for url in execute] == [403, 403]
    granted(viewer, "robot.run", "dp")
    assert [client.post(url, {}).status_code for url in execute] == [202, 403]


def test_runs_their_logs_and_files(
    client_of: Clients, granted: Grant, viewer: User, stranger: User, run: Run, artifact: Artifact, other: Robot
) -> None:
    paths = ("", "/logs", "/artifacts", f"/artifacts/{artifact.pk}/download")
    urls = [f"/api/v1/runs/{run.pk}{path}" for path in paths]
    assert statuses(client_of(viewer), *urls) == [200] * 4
    granted(viewer, "run.read", other)
    assert listed(client_of(viewer), "runs") == set()
    assert statuses(client_of(viewer), *urls) == [404] * 4
    granted(viewer, "run.read", "dp")
    assert listed(client_of(viewer), "runs") == {str(run.pk)}
    assert statuses(client_of(viewer), *urls) == [200] * 4
    granted(viewer, "artifact.download", other)
    assert statuses(client_of(viewer), *urls) == [200, 200, 200, 403]
    assert statuses(client_of(stranger), *urls) == [403] * 4
    granted(stranger, "run.read", run.robot)
    assert statuses(client_of(stranger), *urls) == [200, 200, 200, 403]


def test_services(
    client_of: Clients, granted: Grant, actor: ActorOf, owner: User, teammate: User, service: Service, domain: Domain
) -> None:
    client, url = client_of(teammate), f"/api/v1/services/{service.pk}"
    elsewhere = domain_create(actor=actor(owner), name="Fiscal", slug="fiscal", now=timezone.now())
    granted(teammate, "service.run", elsewhere)
    assert statuses(client, url) == [200]
    assert client.post(f"{url}/run", PARAMETERS).status_code == 403
    granted(teammate, "service.run", domain)
    assert client.post(f"{url}/run", PARAMETERS).status_code == 202
    granted(teammate, "service.read", elsewhere)
    assert listed(client, "services") == set()
    assert statuses(client, url, f"{url}/scorecard") == [404, 404]
    granted(teammate, "service.read", "dp")
    assert listed(client, "services") == {str(service.pk)}
    assert statuses(client, url, f"{url}/scorecard") == [200, 200]


def test_what_a_domain_or_a_tag_gives_may_be_passed_on_for_one_service(
    client_of: Clients, granted: Grant, owner: User, viewer: User, stranger: User, service: Service, domain: Domain
) -> None:
    make_user("deputy@acme.example", "org_admin")  # one has to keep all rights
    granted(owner, "service.run", domain)
    granted(viewer, "service.run", service)
    assert client_of(owner).get(f"/api/v1/users/{viewer.pk}/permissions").json()["grants"]
    answer = client_of(owner).post(
        f"/api/v1/users/{stranger.pk}/permissions",
        {"action": "service.run", "resource_type": "service", "scope_tag": "dp"},
    )
    assert answer.json()["error_code"] == "permission_not_held"


def test_the_explanation_knows_domains_and_tags(
    client_of: Clients, granted: Grant, owner: User, viewer: User, service: Service, domain: Domain
) -> None:
    granted(viewer, "service.run", domain)
    query = {"action": "service.run", "resource_type": "service", "resource_id": str(service.pk)}
    answer = client_of(owner).get(f"/api/v1/users/{viewer.pk}/permissions/explain", query).json()
    assert (answer["allowed"], answer["because"][0]["grant"]["resource_type"]) == (True, "domain")


def test_grants_of_a_group_add_and_never_narrow(
    client_of: Clients,
    actor: ActorOf,
    owner: User,
    teammate: User,
    stranger: User,
    service: Service,
    make_service: MakeService,
    robot: Robot,
    other: Robot,
) -> None:
    group = Group.objects.create(name="people")
    for user in (teammate, stranger):
        user.groups.add(group)
    grant_add(actor=actor(owner), action="robot.read", holder=group, resource=robot, now=timezone.now())
    assert listed(client_of(teammate), "robots") == {str(robot.pk), str(other.pk)}
    assert listed(client_of(stranger), "robots") == {str(robot.pk)}
    assert statuses(client_of(stranger), f"/api/v1/robots/{other.pk}") == [404]
