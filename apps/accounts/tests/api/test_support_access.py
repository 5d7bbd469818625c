"""What support of the platform may inside an organization, and what its token is good for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.authentication.sockets import _headers, _let_in, _renewed
from apps.accounts.errors import InvalidCredentials, NotUnderSupport
from apps.accounts.models import ApiKey, Role, User
from apps.accounts.services.grants import holder_grant_add, holder_grant_remove
from apps.accounts.services.groups import (
    group_create,
    group_delete,
    group_member_add,
    group_member_remove,
    group_rename,
)
from apps.accounts.services.oidc_checks import oidc_issuer_check
from apps.accounts.services.support_actors import actor_from_support_token
from apps.accounts.tests.api.platform import root
from apps.accounts.tests.api.support import asked, entered, fault, grants, with_token
from apps.common.actor import Actor
from apps.common.ids import uuid7
from apps.events.models import Event
from apps.robots.models import RobotVersion, Schedule
from apps.robots.services.schedules import schedule_create, schedule_update
from apps.robots.services.versions import version_activate, version_publish
from apps.robots.tests.factories import robot_made
from apps.tenants.context import public_context, tenant_context
from apps.tenants.errors import WrongOrganization
from apps.tenants.models import Organization, SupportGrant

__all__ = ["root"]
Clients = Callable[[User | None], APIClient]
ROBOTS = "/api/v1/robots"


@pytest.fixture
def token(root: APIClient, organization: Organization) -> str:
    return entered(root, organization)


@pytest.fixture
def support(token: str) -> APIClient:
    return with_token(token)


def test_it_works(token: str, organization: Organization) -> None:
    for host in ("localhost", "acme.localhost"):
        client = with_token(token, host=host)
        assert client.get(ROBOTS).status_code == 200
        assert client.get("/api/v1/users").status_code == 200
        assert client.get("/api/v1/tenants/current").json()["id"] == str(organization.pk)


def test_what_it_does_says_that_it_was_support(support: APIClient, root: APIClient) -> None:
    assert support.put("/api/v1/tenants/current/settings", {"cancellation_hours": 3}).status_code == 200
    event = Event.objects.get(name="organization.settings_changed")
    grant = SupportGrant.objects.get()
    assert (event.actor_type, event.actor_label) == ("support", "root@platform.example")
    assert (event.actor_id, event.data["support_grant_id"]) == (str(grant.person_id), str(grant.pk))


def test_what_stays_with_the_organization_s_own_people(support: APIClient, viewer: User, owner: User) -> None:
    person = f"/api/v1/users/{viewer.pk}"
    robot = {"action": "robot.run", "resource_type": "robot", "scope_tag": "x"}
    issuer = {"issuer": "https://issuer.example", "audience": "x"}
    key = ApiKey.objects.create(user=owner, name="k", prefix="ofi_x_y", secret_hash="0", permissions=["robot.read"])
    for answer in (
        support.post("/api/v1/users", {"email": "new@acme.example", "name": "New", "role": "org_admin"}),
        support.patch(person, {"password": "Correct-horse-8"}),
        support.patch(person, {"role": "org_admin"}),
        support.patch(person, {"name": "Renamed"}),
        support.delete(person),
        support.post(f"{person}/permissions", robot),
        support.delete(f"{person}/second-factor"),
        support.put("/api/v1/tenants/current/oidc", issuer),
        support.delete("/api/v1/tenants/current/oidc"),
        support.delete(f"/api/v1/api-keys/{key.pk}"),
        support.put("/api/v1/tenants/current/settings", {"require_second_factor": True}),
        support.put("/api/v1/tenants/current/settings", {"support_access": False}),
        support.get("/api/v1/users/export?format=csv"),
    ):
        assert fault(answer) == (403, "not_under_support"), answer.wsgi_request.path
    assert (User.objects.count(), ApiKey.objects.filter(revoked_at=None).count()) == (2, 1)


def test_groups_and_the_issuer_too(token: str, owner: User, viewer: User, actor: Callable[[User], Actor]) -> None:
    """They have no routes: asked of the services, as pages ask them."""
    support, now = actor_from_support_token(token, now=timezone.now(), ip=None), timezone.now()
    group = group_create(actor=actor(owner), name="Night shift", now=now)
    right = {"action": "robot.run", "resource_type": "robot", "scope_tag": "x"}
    for ask in (
        lambda: group_create(actor=support, name="Ours", now=now),
        lambda: group_rename(actor=support, group=group, name="Ours", now=now),
        lambda: group_member_add(actor=support, group=group, user=viewer, now=now),
        lambda: group_member_remove(actor=support, group=group, user=viewer, now=now),
        lambda: holder_grant_add(actor=support, holder=group, **right, now=now),
        lambda: holder_grant_remove(actor=support, holder=group, grant_id=uuid7(), now=now),
        lambda: group_delete(actor=support, group=group, now=now),
        lambda: oidc_issuer_check(actor=support, issuer="https://issuer.example"),
    ):
        with pytest.raises(NotUnderSupport):
            ask()


def test_nothing_that_runs_on_when_it_has_left(token: str, organization: Organization) -> None:
    support, now = actor_from_support_token(token, now=timezone.now(), ip=None), timezone.now()
    robot = robot_made(organization.schema_name)
    package: Any = None  # nobody looks into it
    for ask in (
        lambda: schedule_create(actor=support, robot=robot, values={}, now=now),
        lambda: schedule_update(actor=support, schedule=Schedule(robot=robot), values={}, now=now),
        lambda: version_publish(actor=support, robot=robot, package=package, now=now),
        lambda: version_activate(actor=support, robot=robot, version=RobotVersion(robot=robot), now=now),
    ):
        with pytest.raises(NotUnderSupport):
            ask()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/v1/auth/me"),
        ("patch", "/api/v1/auth/me"),
        ("post", "/api/v1/auth/change-password"),
        ("get", "/api/v1/auth/second-factor"),
        ("post", "/api/v1/auth/second-factor"),
        ("post", "/api/v1/api-keys"),
        ("post", "/api/v1/ws/ticket"),
        ("get", "/api/v1/tenants"),
        ("get", "/api/v1/tenants/01a20000-0000-7000-8000-000000000000"),
        ("post", "/api/v1/tenants/01a20000-0000-7000-8000-000000000000/support-grants"),
    ],
)
def test_nothing_of_its_own_and_nothing_of_the_platform(support: APIClient, method: str, path: str) -> None:
    bodies: dict[str, Any] = {
        "/api/v1/auth/change-password": {"current_password": "x", "new_password": "Correct-horse-8"},
        "/api/v1/auth/second-factor": {"password": "x"},
        "/api/v1/api-keys": {"name": "k", "permissions": ["robot.read"]},
    }
    body = bodies.get(path, {"reason": "x"} if path.endswith("grants") else {"name": "x"} if method == "patch" else {})
    answer = support.get(path) if method == "get" else getattr(support, method)(path, body)
    assert answer.status_code == 403, answer.content


def test_signing_out_and_lists_of_one_s_own(support: APIClient) -> None:
    assert support.get("/api/v1/auth/sessions").json()["sessions"] == []
    assert support.post("/api/v1/auth/logout").status_code == 400  # no session: support leaves by ending its grant
    grant = support.get("/api/v1/tenants/current/support-grants").json()["support_grants"][0]
    assert support.delete(f"/api/v1/tenants/current/support-grants/{grant['id']}").status_code == 204
    assert support.get(ROBOTS).status_code == 401
    assert Event.objects.get(name="support.ended").data["why"] == "left"


class TestTokens:
    def test_another_organization_s_host(self, token: str, other_organization: Organization) -> None:
        assert fault(with_token(token, host="rival.localhost").get(ROBOTS)) == (401, "wrong_organization")

    def test_marked_for_another_organization(self, token: str, other_organization: Organization) -> None:
        kind, _mark, secret = token.split("_", 2)
        forged = f"{kind}_{other_organization.schema_name.removeprefix('t_')}_{secret}"
        for host in ("localhost", "rival.localhost", "acme.localhost"):
            assert with_token(forged, host=host).get(ROBOTS).status_code == 401

    def test_the_platform_s_own_pages_and_routes(self, token: str) -> None:
        kind, _mark, secret = token.split("_", 2)
        for forged in (f"{kind}_platform_{secret}", f"{kind}_public_{secret}", f"{kind}__{secret}", kind, f"{kind}_"):
            assert with_token(forged).get("/api/v1/tenants").status_code == 401

    def test_after_its_time(self, support: APIClient) -> None:
        with public_context():
            SupportGrant.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert fault(support.get(ROBOTS)) == (401, "invalid_credentials")

    def test_a_second_token_voids_the_first(self, root: APIClient, organization: Organization) -> None:
        grant = asked(root, organization)
        first, second = (with_token(entered(root, organization, grant)) for _each in range(2))
        assert (first.get(ROBOTS).status_code, second.get(ROBOTS).status_code) == (401, 200)

    def test_who_runs_the_platform_no_longer(self, support: APIClient) -> None:
        with tenant_context("platform"):
            User.objects.update(is_active=False)
        assert support.get(ROBOTS).status_code == 401

    def test_forbidden_behind_our_back(self, support: APIClient, organization: Organization) -> None:
        assert support.put("/api/v1/tenants/current/settings", {"cancellation_hours": 3}).status_code == 200
        with public_context():
            Organization.objects.get(pk=organization.pk).stored_settings.__class__.objects.update(support_access=False)
        assert support.get(ROBOTS).status_code == 401

    def test_a_key_s_header_or_a_refresh_is_no_place_for_it(self, token: str) -> None:
        client = APIClient(SERVER_NAME="localhost")
        assert client.get(ROBOTS, HTTP_X_API_KEY=token).status_code == 401
        assert client.post("/api/v1/auth/refresh", {"refresh_token": token}).status_code == 401

    def test_it_is_stored_as_a_hash(self, token: str) -> None:
        assert token not in str(list(SupportGrant.objects.values()))
        assert token not in str(list(Event.objects.values()))


def test_sockets(token: str, organization: Organization, other_organization: Organization, root: APIClient) -> None:
    def scope(host: bytes) -> dict[str, Any]:
        headers = [(b"host", host)]
        return {
            "type": "websocket",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "query_string": f"token={token}".encode(),
        }

    for host in (b"localhost", b"acme.localhost"):
        actor = _let_in(scope(host), _headers(scope(host)), timezone.now())
        assert (actor.type, actor.schema) == ("support", organization.schema_name)
    with pytest.raises(WrongOrganization):
        _let_in(scope(b"rival.localhost"), _headers(scope(b"rival.localhost")), timezone.now())
    assert _renewed(actor, now=timezone.now()) == actor
    root.delete(f"{grants(organization)}/{actor.support_id}")
    with pytest.raises(InvalidCredentials):
        _renewed(actor, now=timezone.now())


def test_no_user_of_an_organization_becomes_support(client_of: Clients, owner: User) -> None:
    """Neither by a role of that name, nor by rights that support has."""
    group = Role.objects.get(slug="org_admin").group
    Role.objects.filter(group=group).update(actions=[*Role.objects.get(group=group).actions])
    client = client_of(owner)
    made = client.post("/api/v1/users", {"email": "s@acme.example", "name": "S", "role": "support"})
    assert made.status_code == 400
    assert not SupportGrant.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_organization_s_role_adds_none(live_organization: Organization) -> None:
    """Even with our code broken, the database lets no organization make one, or lengthen one."""
    from django.db import ProgrammingError  # noqa: PLC0415
    from django.db.models import F  # noqa: PLC0415

    with public_context():
        grant = SupportGrant.objects.create(
            organization=live_organization, person_id=uuid7(), person="x", reason="y", expires_at=timezone.now()
        )
    with tenant_context(live_organization):
        with pytest.raises(ProgrammingError):
            SupportGrant.objects.create(
                organization_id=live_organization.schema_name,
                person_id=uuid7(),
                person="x",
                reason="y",
                expires_at=timezone.now(),
            )
        for field in ("expires_at", "token_hash", "person_id", "reason"):
            with pytest.raises(ProgrammingError):
                SupportGrant.objects.filter(pk=grant.pk).update(**{field: F(field)})
        assert SupportGrant.objects.filter(pk=grant.pk).update(ended_at=timezone.now()) == 1
