"""Robots that an actor may see, or do something with."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from apps.accounts.permissions import visible_filter
from apps.common.actor import Actor
from apps.robots.errors import RobotNotFound, VersionNotFound
from apps.robots.models import Robot, RobotVersion
from apps.robots.permissions import require_on_robot
from apps.robots.selectors.canaries import with_canary_counts

READ = "robot.read"


def robots_visible(*, actor: Actor, tag: str = "", search: str = "", pool: str = "") -> QuerySet[Robot]:
    """Robots in use that ``actor`` may read, by name. Raises ``PermissionDenied`` where it may read none at all."""
    robots = _in_use().filter(visible_filter(actor, READ)).order_by("name", "id")
    if tag:
        robots = robots.filter(tags__contains=[tag])
    if pool:
        robots = robots.filter(pool=pool)
    if search:
        robots = robots.filter(Q(name__icontains=search) | Q(description__icontains=search))
    return robots


def robot_get(*, actor: Actor, robot_id: UUID, action: str = READ) -> Robot:
    """One robot in use, for an action on it.

    Raises ``RobotNotFound`` when there is none or ``actor`` does not see it, ``PermissionDenied`` when it may not.
    """
    robot = _in_use().filter(pk=robot_id).first()
    require_on_robot(robot, actor=actor, action=action, read_action=READ, missing=RobotNotFound)
    if robot is None:
        raise RobotNotFound
    return robot


def robot_shown(robot_id: UUID) -> Robot:
    """A robot as its page shows it, for an actor who has just changed it, and may have no right but that."""
    return _in_use().get(pk=robot_id)


def versions_of(*, actor: Actor, robot_id: UUID, action: str = READ, search: str = "") -> QuerySet[RobotVersion]:
    """Versions of one robot, newest first, for an action on the robot. Raises what ``robot_get`` raises."""
    robot = robot_get(actor=actor, robot_id=robot_id, action=action)
    versions = RobotVersion.objects.filter(robot=robot).select_related("created_by").order_by("-id")
    if search:
        versions = versions.filter(Q(version__icontains=search) | Q(changelog__icontains=search))
    return versions


def version_get(*, actor: Actor, robot_id: UUID, version_id: UUID, action: str = READ) -> RobotVersion:
    """One version of one robot. Raises what ``robot_get`` raises, and ``VersionNotFound``."""
    versions = versions_of(actor=actor, robot_id=robot_id, action=action)
    version = versions.select_related("robot").filter(pk=version_id).first()
    if version is None:
        raise VersionNotFound
    return version


def _in_use() -> QuerySet[Robot]:
    """With all that a robot's page shows, in two queries."""
    active = Prefetch("versions", RobotVersion.objects.filter(is_active=True), to_attr="active_versions")
    robots = Robot.objects.filter(archived_at=None).select_related("canary_version", "created_by")
    return with_canary_counts(robots).prefetch_related(active)
