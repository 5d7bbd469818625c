"""Credentials come with whether any grant could count, so that nobody asks for grants where there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.payloads import Client
from apps.accounts.permissions import scope_of
from apps.accounts.services.credentials import actor_as_role, actor_from_session, actor_renewed
from apps.accounts.services.grants import grant_add, tag_grant_add
from apps.accounts.services.sessions import session_start
from apps.common.actor import Actor
from apps.tenants.models import Organization

NOW = timezone.now()
Robot: Any = apps.get_model("robots", "Robot")  # of a higher floor, which is not imported
SignIn = Callable[[], Actor]


@pytest.fixture
def system(organization: Organization) -> Actor:
    return Actor.system("tests", schema=organization.schema_name)


@pytest.fixture
def sign_in(organization: Organization, teammate: User) -> SignIn:
    """The teammate as the next request sees them."""
    session = session_start(user=teammate, schema=organization.schema_name, client=Client(ip=None), now=NOW)

    def again() -> Actor:
        return actor_from_session(session.pk, user_id=teammate.pk, now=NOW, ip=None)

    return again


def questions(actor: Actor) -> int:
    with CaptureQueriesContext(connection) as queries:
        scope_of(actor, "robot.run")
    return len(queries)


def test_it_works(sign_in: SignIn, system: Actor, teammate: User) -> None:
    before = sign_in()
    assert (before.may_have_grants, questions(before)) == (False, 0)
    assert scope_of(before, "robot.run").everywhere
    tag_grant_add(actor=system, action="robot.run", holder=teammate, model=Robot, scope_tag="finance", now=NOW)
    for actor in (sign_in(), actor_renewed(before, now=NOW)):
        assert (actor.may_have_grants, questions(actor)) == (True, 1)
        assert scope_of(actor, "robot.run").tags == {"finance"}


def test_one_of_ones_own(sign_in: SignIn, system: Actor, teammate: User) -> None:
    robot = Robot.objects.create(name="Payroll", tags=[])
    grant_add(actor=system, action="robot.run", holder=teammate, resource=robot, now=NOW)
    assert scope_of(sign_in(), "robot.run").ids == {str(robot.pk)}


def test_somebody_elses_own_does_not_count(sign_in: SignIn, system: Actor, viewer: User) -> None:
    grant_add(
        actor=system, action="robot.run", holder=viewer, resource=Robot.objects.create(name="R", tags=[]), now=NOW
    )
    assert not sign_in().may_have_grants


def test_nor_does_theirs_by_a_tag(sign_in: SignIn, system: Actor, viewer: User) -> None:
    tag_grant_add(actor=system, action="robot.run", holder=viewer, model=Robot, scope_tag="finance", now=NOW)
    assert not sign_in().may_have_grants


def test_one_of_the_role_that_is_looked_around_as(
    organization: Organization, system: Actor, owner: User, viewer: User
) -> None:
    robot = Robot.objects.create(name="R", tags=[])
    grant_add(actor=system, action="robot.run", holder=viewer.role.group, resource=robot, now=NOW)
    session = session_start(user=owner, schema=organization.schema_name, client=Client(ip=None), now=NOW)
    actor = actor_from_session(session.pk, user_id=owner.pk, now=NOW, ip=None)
    assert scope_of(actor_as_role(actor, viewer.role_id), "robot.run").ids == {str(robot.pk)}


def test_one_of_a_group_may(sign_in: SignIn, system: Actor, teammate: User) -> None:
    """Whose groups these are is asked with the grants; the organization's having any is enough to ask."""
    group, robot = Group.objects.create(name="payroll people"), Robot.objects.create(name="R", tags=[])
    grant_add(actor=system, action="robot.publish", holder=group, resource=robot, now=NOW)
    actor = sign_in()
    assert actor.may_have_grants
    assert scope_of(actor, "robot.publish").nowhere
    teammate.groups.add(group)
    assert scope_of(sign_in(), "robot.publish").ids == {str(robot.pk)}
