"""Services of grants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.utils import timezone

from apps.accounts.errors import (
    GrantExists,
    GrantNotFound,
    LastAdministrator,
    PermissionNotHeld,
    UnknownAction,
    WrongResourceType,
)
from apps.accounts.models import TagGrant, User, UserGrant
from apps.accounts.permissions import allowed, person, scope_of
from apps.accounts.roles import ORGANIZATION_ACTIONS
from apps.accounts.services.grants import grant_add, grant_remove, tag_grant_add
from apps.accounts.services.roles import role_create
from apps.accounts.services.users import user_create, user_update
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

Actors = Callable[[User], Actor]
Robot: Any = apps.get_model("robots", "Robot")  # of a higher floor, which is not imported
NOW = timezone.now()


@pytest.fixture
def robot(organization: Organization) -> Any:
    return Robot.objects.create(name="payroll", tags=["finance"])


def test_it_works(actor: Actors, owner: User, viewer: User, robot: Any) -> None:
    grant = grant_add(actor=actor(owner), action="robot.run", holder=viewer, resource=robot, now=NOW)
    assert isinstance(grant, UserGrant)
    assert (grant.user, grant.object_pk, grant.created_at) == (viewer, str(robot.pk), NOW)
    event = Event.objects.get(name="grant.added")
    assert event.data == {
        "holder": "user",
        "holder_id": str(viewer.pk),
        "action": "robot.run",
        "resource_type": "robot",
        "resource_id": str(robot.pk),
    }


def test_twice_is_refused(actor: Actors, owner: User, viewer: User, robot: Any) -> None:
    grant_add(actor=actor(owner), action="robot.run", holder=viewer, resource=robot, now=NOW)
    tag_grant_add(actor=actor(owner), action="run.read", holder=viewer, model=Robot, scope_tag="x", now=NOW)
    with pytest.raises(GrantExists):
        grant_add(actor=actor(owner), action="robot.run", holder=viewer, resource=robot, now=NOW)
    with pytest.raises(GrantExists):
        tag_grant_add(actor=actor(owner), action="run.read", holder=viewer, model=Robot, scope_tag="x", now=NOW)
    assert (UserGrant.objects.count(), TagGrant.objects.count()) == (1, 1)
    assert Event.objects.filter(name="grant.added").count() == 2


def test_removing(actor: Actors, owner: User, viewer: User, robot: Any) -> None:
    group = Group.objects.create(name="people")
    for grant in (
        grant_add(actor=actor(owner), action="robot.run", holder=viewer, resource=robot, now=NOW),
        grant_add(actor=actor(owner), action="robot.run", holder=group, resource=robot, now=NOW),
        tag_grant_add(actor=actor(owner), action="run.read", holder=group, model=Robot, scope_tag="x", now=NOW),
    ):
        grant_remove(actor=actor(owner), grant=grant, now=NOW)
        with pytest.raises(GrantNotFound):
            grant_remove(actor=actor(owner), grant=grant, now=NOW)
    assert Event.objects.filter(name="grant.removed").count() == 3


def test_an_unknown_action(actor: Actors, owner: User, viewer: User, robot: Any) -> None:
    with pytest.raises(UnknownAction):
        grant_add(actor=actor(owner), action="robot.fly", holder=viewer, resource=robot, now=NOW)


@pytest.mark.parametrize("action", ["service.run", "admin.manage"])
def test_an_action_about_something_else(actor: Actors, owner: User, viewer: User, robot: Any, action: str) -> None:
    with pytest.raises(WrongResourceType):
        grant_add(actor=actor(owner), action=action, holder=viewer, resource=robot, now=NOW)


def test_a_tag_on_something_without_tags(actor: Actors, owner: User, viewer: User) -> None:
    with pytest.raises(WrongResourceType):
        tag_grant_add(actor=actor(owner), action="admin.manage", holder=viewer, model=User, scope_tag="x", now=NOW)


def test_without_the_right(actor: Actors, owner: User, maintainer: User, viewer: User, robot: Any) -> None:
    with pytest.raises(PermissionDenied):
        grant_add(actor=actor(maintainer), action="robot.run", holder=viewer, resource=robot, now=NOW)
    grant = grant_add(actor=actor(owner), action="robot.run", holder=viewer, resource=robot, now=NOW)
    with pytest.raises(PermissionDenied):
        grant_remove(actor=actor(maintainer), grant=grant, now=NOW)


def test_an_action_the_actor_may_not_do_there(actor: Actors, owner: User, viewer: User, robot: Any) -> None:
    other = Robot.objects.create(name="other")
    make_user("second@acme.example", "org_admin")
    grant_add(actor=actor(owner), action="robot.run", holder=owner, resource=other, now=NOW)
    with pytest.raises(PermissionNotHeld):
        grant_add(actor=actor(owner), action="robot.run", holder=viewer, resource=robot, now=NOW)


@pytest.fixture
def narrowed(actor: Actors, owner: User, robot: Any) -> User:
    """An administrator who may run one robot, whatever the role says."""
    second = make_user("second@acme.example", "org_admin")
    grant_add(actor=actor(owner), action="robot.run", holder=second, resource=robot, now=NOW)
    return second


def test_a_tag_beyond_what_the_actor_may(actor: Actors, narrowed: User, viewer: User) -> None:
    with pytest.raises(PermissionNotHeld):
        tag_grant_add(
            actor=actor(narrowed), action="robot.run", holder=viewer, model=Robot, scope_tag="finance", now=NOW
        )


def test_a_tag_of_ones_own_is_passed_on(actor: Actors, owner: User, narrowed: User, viewer: User) -> None:
    tag_grant_add(actor=actor(owner), action="robot.run", holder=narrowed, model=Robot, scope_tag="finance", now=NOW)
    tag_grant_add(actor=actor(narrowed), action="robot.run", holder=viewer, model=Robot, scope_tag="finance", now=NOW)
    assert TagGrant.objects.filter(user=viewer).exists()


def test_nobody_widens_themselves_by_taking_their_narrowing_back(
    actor: Actors, owner: User, narrowed: User, robot: Any
) -> None:
    grant = UserGrant.objects.get(user=narrowed)
    with pytest.raises(PermissionNotHeld):
        grant_remove(actor=actor(narrowed), grant=grant, now=NOW)
    assert UserGrant.objects.filter(pk=grant.pk).exists()
    other = Robot.objects.create(name="other")
    second = grant_add(actor=actor(owner), action="robot.run", holder=narrowed, resource=other, now=NOW)
    grant_remove(actor=actor(narrowed), grant=second, now=NOW)
    assert not allowed(actor(narrowed), "robot.run", other)


def test_nor_takes_from_others_what_they_do_not_hold(
    actor: Actors, owner: User, narrowed: User, teammate: User, robot: Any
) -> None:
    with pytest.raises(PermissionNotHeld):
        grant_add(actor=actor(narrowed), action="robot.run", holder=teammate, resource=robot, now=NOW)
    other = Robot.objects.create(name="other")
    grant = grant_add(actor=actor(owner), action="robot.run", holder=teammate, resource=other, now=NOW)
    with pytest.raises(PermissionNotHeld):
        grant_remove(actor=actor(narrowed), grant=grant, now=NOW)


def test_nor_makes_or_takes_over_somebody_who_may_more(
    actor: Actors, owner: User, narrowed: User, teammate: User, stranger: User, robot: Any
) -> None:
    third: dict[str, Any] = {"email": "third@acme.example", "name": "Third", "password": PASSWORD, "now": NOW}
    for role in ("org_admin", "operator"):
        with pytest.raises(PermissionNotHeld):
            user_create(actor=actor(narrowed), role=role, **third)
    user_create(actor=actor(narrowed), role="viewer", **third)
    other = Robot.objects.create(name="other")
    grant_add(actor=actor(owner), action="robot.run", holder=stranger, resource=other, now=NOW)
    for user, changes in ((stranger, {"password": PASSWORD}), (teammate, {"is_active": False})):
        with pytest.raises(PermissionNotHeld):
            user_update(actor=actor(narrowed), user=user, changes=changes, now=NOW)
    with pytest.raises(PermissionNotHeld):
        role_create(actor=actor(narrowed), slug="runners", name="Runners", actions=["robot.run"], now=NOW)


@pytest.mark.parametrize("action", sorted(ORGANIZATION_ACTIONS))
def test_what_is_about_everybody_is_granted_for_nobody(
    actor: Actors, owner: User, viewer: User, stranger: User, action: str
) -> None:
    with pytest.raises(WrongResourceType):
        grant_add(actor=actor(owner), action=action, holder=viewer, resource=stranger, now=NOW)
    UserGrant.objects.assign_perm(action, viewer, stranger)
    assert scope_of(actor(viewer), action).nowhere, "a row that came about otherwise gives nothing either"
    UserGrant.objects.assign_perm(action, owner, stranger)
    if action != "platform.manage":
        assert scope_of(actor(owner), action).everywhere, "and takes nothing"


def test_the_last_administrator_with_all_rights_keeps_them(actor: Actors, owner: User, robot: Any) -> None:
    """By whatever kind of grant: nobody could give them back."""
    for who in (actor(owner), Actor.system("tests", schema=actor(owner).schema)):
        with pytest.raises(LastAdministrator):
            grant_add(actor=who, action="robot.run", holder=owner, resource=robot, now=NOW)
        with pytest.raises(LastAdministrator):
            tag_grant_add(actor=who, action="robot.publish", holder=owner, model=Robot, scope_tag="x", now=NOW)
    assert [UserGrant.objects.count(), TagGrant.objects.count()] == [0, 0]


def test_who_was_narrowed_or_switched_off_does_not_count(
    actor: Actors, owner: User, narrowed: User, robot: Any
) -> None:
    user_create(actor=actor(owner), email="off@acme.example", name="Off", role="org_admin", is_active=False, now=NOW)
    with pytest.raises(LastAdministrator):
        grant_add(actor=actor(owner), action="robot.run", holder=owner, resource=robot, now=NOW)
    for changes in ({"role": "viewer"}, {"is_active": False}):
        with pytest.raises(LastAdministrator):
            user_update(actor=actor(owner), user=owner, changes=changes, now=NOW)
    user_update(actor=actor(owner), user=narrowed, changes={"role": "viewer"}, now=NOW)


def test_two_administrators_who_narrow_each_other_at_once(
    live_organization: Organization, in_threads: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    with tenant_context(live_organization):
        robot = Robot.objects.create(name="one")
        one, other = (make_user(f"{name}@live.example", "org_admin") for name in ("one", "other"))
        actors = {each: person(User.objects.get(pk=each.pk)) for each in (one, other)}

    def narrow(giver: User, holder: User) -> Callable[[], bool]:
        def act() -> bool:
            with tenant_context(live_organization):
                try:
                    grant_add(actor=actors[giver], action="robot.run", holder=holder, resource=robot, now=NOW)
                except (LastAdministrator, PermissionNotHeld):
                    return False
                return True

        return act

    assert sorted(in_threads([narrow(one, other), narrow(other, one)])) == [False, True]


def test_two_taken_at_once_leave_no_gap(
    live_organization: Organization, in_threads: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    with tenant_context(live_organization):
        robots = [Robot.objects.create(name=name) for name in ("one", "two")]
        system = Actor.system("tests", schema=live_organization.schema_name)
        narrowed = make_user("narrowed@live.example", "org_admin")
        make_user("second@live.example", "org_admin")
        grants = [
            grant_add(actor=system, action="robot.run", holder=narrowed, resource=each, now=NOW) for each in robots
        ]
        known = person(narrowed)

    def take(grant: Any) -> Callable[[], bool]:
        def act() -> bool:
            with tenant_context(live_organization):
                try:
                    grant_remove(actor=known, grant=grant, now=NOW)
                except PermissionNotHeld:
                    return False
                return True

        return act

    assert sorted(in_threads([take(grant) for grant in grants])) == [False, True]
