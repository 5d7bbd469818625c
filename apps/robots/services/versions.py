"""Versions: published, activated, tried on a share of the runs."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.permissions import require_insider
from apps.common.actor import Actor
from apps.events.services import record
from apps.robots.errors import CanaryWithoutActiveVersion
from apps.robots.models import Robot, RobotVersion
from apps.robots.services.publications import Package, version_make_active, version_write
from apps.robots.services.robots import robot_lock

ALL_RUNS = 100


def version_publish(*, actor: Actor, robot: Robot, package: Package, now: datetime) -> RobotVersion:
    """Adds an immutable version and, unless told otherwise, makes it the active one.

    ``package`` comes from ``package_prepared``. Raises ``PermissionDenied``, ``NotUnderSupport``, ``RobotArchived``,
    ``VersionExists``.
    """
    require_insider(actor, "robot.publish", robot)
    with transaction.atomic():
        return version_write(actor=actor, robot=robot_lock(robot), package=package, now=now)


def version_activate(
    *, actor: Actor, robot: Robot, version: RobotVersion, percent: int = ALL_RUNS, now: datetime
) -> RobotVersion:
    """Makes ``version`` the active one or, below 100 percent, lets it take that share of the runs (a canary).

    Activating any version in full ends a canary. Raises ``PermissionDenied``, ``NotUnderSupport``, ``RobotArchived``,
    and ``CanaryWithoutActiveVersion`` where no other version is active.
    """
    require_insider(actor, "robot.publish", robot)
    with transaction.atomic():
        robot = robot_lock(robot)
        version = RobotVersion.objects.get(pk=version.pk)
        if percent >= ALL_RUNS:
            version_make_active(actor=actor, robot=robot, version=version, now=now)
        else:
            _canary_begin(actor=actor, robot=robot, version=version, percent=percent, now=now)
    return version


def _canary_begin(*, actor: Actor, robot: Robot, version: RobotVersion, percent: int, now: datetime) -> None:
    if not RobotVersion.objects.filter(robot=robot, is_active=True).exclude(pk=version.pk).exists():
        raise CanaryWithoutActiveVersion
    robot.canary_version, robot.canary_percent = version, percent
    robot.canary_started_at, robot.canary_note = now, ""
    robot.save(update_fields=["canary_version", "canary_percent", "canary_started_at", "canary_note", "updated_at"])
    facts = {"robot_id": str(robot.pk), "version": version.version, "percent": percent}
    record("version.canary_started", actor=actor, subject=version, data=facts, now=now)
