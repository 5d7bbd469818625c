"""Looking around as a role: pages as it sees them, nothing written, told to the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from apps.accounts.errors import InvalidCredentials, PermissionNotHeld
from apps.accounts.models import Role, Session, User
from apps.accounts.permissions import allowed
from apps.accounts.selectors.second_factors import second_factor_missing
from apps.accounts.services.credentials import actor_as_role, actor_renewed
from apps.accounts.services.grants import holder_grant_add, tag_grant_add
from apps.accounts.services.organizations import organization_settings_update
from apps.accounts.services.role_previews import role_preview_end, role_preview_start
from apps.accounts.services.roles import role_create, role_update
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, ReadOnlyPreview
from apps.events.models import Event
from apps.tenants.selectors import settings_forget
from conftest import PASSWORD, bearer, make_user

ROLES, USERS, STOP = "/admin/accounts/role/", "/admin/accounts/user/", "/preview/stop"
NOW = timezone.now()
Robot: Any = apps.get_model("robots", "Robot")  # of a higher floor, which is not imported
ActorOf = Callable[[User], Actor]


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(owner)
    return client


@pytest.fixture
def viewers(owner: User) -> Role:
    found: Role = Role.objects.get(slug="viewer")
    return found


@pytest.fixture
def previewing(browser: Client, viewers: Role) -> Client:
    assert browser.post(f"{ROLES}{viewers.pk}/preview/")["Location"] == "/admin/"
    return browser


def test_it_is_no_way_around_a_second_factor(owner: User, viewers: Role, actor: ActorOf) -> None:
    """The role that is looked at needs none, and whoever looks does."""
    owner.set_password(PASSWORD)
    owner.save(update_fields=["password"])
    system = Actor.system("tests", schema=actor(owner).schema)
    organization_settings_update(actor=system, changes={"require_second_factor": True}, now=NOW)
    settings_forget(system.schema)  # the commit that would do so never comes
    assert second_factor_missing(actor_as_role(actor(owner), viewers.pk))


def names() -> list[str]:
    return list(Event.objects.filter(name__startswith="role.").order_by("id").values_list("name", flat=True))


def test_it_works(previewing: Client, owner: User) -> None:
    page = previewing.get("/admin/").content.decode()
    assert "You are looking around as the role Viewer" in page
    assert "accounts/user/" not in page
    assert previewing.get(USERS).status_code == 403
    assert "You are looking around as the role Viewer" in previewing.get("/portal/").content.decode()
    assert previewing.post(STOP)["Location"] == "/admin/"
    page = previewing.get("/admin/").content.decode()
    assert "looking around" not in page
    assert previewing.get(USERS).status_code == 200
    assert names() == ["role.preview_started", "role.preview_ended"]
    assert set(Event.objects.filter(name__startswith="role.").values_list("actor_id", flat=True)) == {str(owner.pk)}
    assert previewing.post(STOP).status_code == 302
    assert len(names()) == 2


@pytest.mark.parametrize("path", ["/admin/accounts/user/add/", "/language", "/second-factor/begin", "/portal/account/"])
def test_pages_write_nothing(previewing: Client, path: str) -> None:
    answer = previewing.post(path, {"language": "pt-br", "name": "Other"}, headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert "Stop the preview first." in answer.content.decode()
    assert previewing.get(path).status_code in {200, 302, 403, 405}


def test_nor_does_the_api_with_the_cookie(previewing: Client, owner: User) -> None:
    answer = previewing.get("/api/v1/auth/me")
    assert answer.json()["user"]["role"] == "viewer"
    assert previewing.get("/api/v1/users").status_code == 403
    answer = previewing.patch("/api/v1/auth/me", {"name": "Other"}, content_type="application/json")
    assert (answer.status_code, answer.json()["error_code"]) == (403, "read_only_preview")
    assert previewing.post("/api/v1/ws/ticket").json()["error_code"] == "read_only_preview"
    owner.refresh_from_db()
    assert owner.name != "Other"


def test_a_token_is_nobodys_preview(previewing: Client, owner: User, organization: Any) -> None:
    headers = {"Authorization": f"Bearer {bearer(owner, organization)}"}
    assert previewing.get("/api/v1/users", headers=headers).status_code == 200


def test_it_ends_with_the_session(previewing: Client, owner: User) -> None:
    assert previewing.post("/admin/logout/").status_code in {200, 302}
    previewing.force_login(owner)
    assert previewing.get(USERS).status_code == 200
    assert "looking around" not in previewing.get("/admin/").content.decode()


def test_a_session_that_was_revoked_shows_nothing(previewing: Client) -> None:
    Session.objects.update(revoked_at=NOW)
    assert previewing.get("/admin/").status_code == 302


def test_who_administers_no_longer_previews_no_longer(previewing: Client, owner: User, viewers: Role) -> None:
    User.objects.filter(pk=owner.pk).update(role=Role.objects.get(slug="maintainer"))
    page = previewing.get("/admin/").content.decode()
    assert "looking around" not in page
    assert previewing.get(USERS).status_code == 403


def test_a_role_is_looked_at_as_it_is(owner: User, viewers: Role, actor: ActorOf) -> None:
    """Grants of the role count; those of the administrator do not."""
    make_user("deputy@acme.example", "org_admin")  # one has to keep all rights
    payroll, nightly = (Robot.objects.create(name=tag, tags=[tag]) for tag in ("payroll", "nightly"))
    who = actor(owner)
    given: dict[str, Any] = {"actor": who, "action": "robot.run", "model": Robot, "now": NOW}
    tag_grant_add(**given, holder=viewers.group, scope_tag="nightly")
    tag_grant_add(**given, holder=make_user("other@acme.example", "viewer"), scope_tag="payroll")
    seen = actor_as_role(actor(owner), viewers.pk)
    assert (seen.id, seen.role, seen.previewing) == (str(owner.pk), "viewer", True)
    assert allowed(seen, "robot.run", nightly)
    assert not allowed(seen, "robot.run", payroll)
    tag_grant_add(**given, holder=owner, scope_tag="payroll")
    tag_grant_add(**given | {"actor": Actor.system("tests", schema=who.schema)}, holder=owner, scope_tag="nightly")
    assert not allowed(actor_as_role(actor(owner), viewers.pk), "robot.run", payroll)


def test_the_services_refuse_whatever_door_was_forgotten(
    owner: User, viewer: User, viewers: Role, actor: ActorOf
) -> None:
    administrators = Role.objects.get(slug="org_admin")
    seen = actor_as_role(actor(owner), administrators.pk)
    with pytest.raises(ReadOnlyPreview):
        holder_grant_add(
            actor=seen, holder=viewer, action="robot.run", resource_type="robot", scope_tag="finance", now=NOW
        )
    with pytest.raises(ReadOnlyPreview):
        role_create(actor=seen, slug="clerk", name="Clerk", actions=[], now=NOW)
    assert not Role.objects.filter(slug="clerk").exists()


def test_nobody_sees_more_by_it(owner: User, actor: ActorOf, viewers: Role) -> None:
    clerk = role_create(actor=actor(owner), slug="clerk", name="Clerk", actions=["admin.manage", "run.read"], now=NOW)
    who = actor(make_user("clerk@acme.example", "clerk"))
    with pytest.raises(PermissionNotHeld):
        role_preview_start(actor=_with_session(who), role=viewers, now=NOW)
    with pytest.raises(InvalidCredentials):
        actor_as_role(who, viewers.pk)
    assert actor_as_role(who, clerk.pk).previewing
    robot = Robot.objects.create(name="payroll", tags=["finance"])
    make_user("deputy@acme.example", "org_admin")  # one has to keep all rights
    system = Actor.system("tests", schema=who.schema)
    holder_grant_add(  # narrows the administrator: a viewer sees all robots
        actor=system, holder=owner, action="robot.read", resource_type="robot", resource_id=robot.pk, now=NOW
    )
    with pytest.raises(PermissionNotHeld):
        role_preview_start(actor=_with_session(actor(owner)), role=viewers, now=NOW)


def test_a_role_that_grows_is_over(owner: User, actor: ActorOf) -> None:
    role = role_create(actor=actor(owner), slug="clerk", name="Clerk", actions=["admin.manage"], now=NOW)
    who = actor(make_user("clerk@acme.example", "clerk"))
    small = role_create(actor=actor(owner), slug="small", name="Small", actions=["admin.manage"], now=NOW)
    assert actor_as_role(who, small.pk).previewing
    role_update(actor=actor(owner), role=small, name="Small", actions=["admin.manage", "run.read"], now=NOW)
    with pytest.raises(InvalidCredentials):
        actor_as_role(who, small.pk)
    assert role.slug == "clerk"


def test_connections_that_last_stay_in_it(owner: User, viewers: Role, actor: ActorOf) -> None:
    session = Session.objects.create(user=owner, last_used_at=NOW, expires_at=NOW.replace(year=NOW.year + 1))
    seen = actor_as_role(_with_session(actor(owner), str(session.pk)), viewers.pk)
    renewed = actor_renewed(seen, now=NOW)
    assert (renewed.role, renewed.previewing) == ("viewer", True)


def test_who_may_not(maintainer: User, viewers: Role, actor: ActorOf, browser: Client) -> None:
    with pytest.raises(PermissionDenied):
        role_preview_start(actor=_with_session(actor(maintainer)), role=viewers, now=NOW)
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(maintainer)
    assert client.post(f"{ROLES}{viewers.pk}/preview/").status_code == 403
    assert client.post(STOP).status_code == 302
    assert browser.get(f"{ROLES}{viewers.pk}/preview/").status_code == 405
    assert browser.get(STOP).status_code == 405
    assert not names()


def test_what_is_not_there(browser: Client, owner: User, actor: ActorOf) -> None:
    answer = browser.post(f"{ROLES}{owner.pk}/preview/", follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["There is no such role."]
    role_preview_end(actor=actor(owner), role_id=str(owner.pk), now=NOW)
    assert not names()


def _with_session(actor: Actor, session_id: str = "here") -> Actor:
    return Actor(
        type=actor.type,
        id=actor.id,
        label=actor.label,
        schema=actor.schema,
        permissions=actor.permissions,
        role=actor.role,
        user=actor.user,
        session_id=session_id,
    )
