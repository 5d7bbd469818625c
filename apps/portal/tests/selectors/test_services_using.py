"""A robot that a service offers cannot be archived."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.portal.models import Service
from apps.portal.selectors.services import services_using
from apps.portal.tests.conftest import ActorOf
from apps.robots.errors import RobotInUse
from apps.robots.models import Robot
from apps.robots.services.robots import robot_archive


def test_it_works(service: Service, robot: Robot) -> None:
    assert services_using(robot) == ["Fechamento"]
    assert services_using(Robot.objects.create(name="Outro")) == []


def test_archiving_is_refused_by_name(owner: User, actor: ActorOf, service: Service, robot: Robot) -> None:
    with pytest.raises(RobotInUse, match="Fechamento"):
        robot_archive(actor=actor(owner), robot=robot, now=timezone.now())

    service.delete()
    robot_archive(actor=actor(owner), robot=robot, now=timezone.now())
    assert Robot.objects.get(pk=robot.pk).archived_at is not None
