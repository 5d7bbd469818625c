"""Robots that an actor may see."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from apps.accounts.permissions import visible_filter
from apps.common.actor import Actor
from apps.robots.errors import RobotNotFound, VersionNotFound
from apps.robots.models import Robot, RobotVersion
from apps.robots.selectors.canaries import with_canary_counts


def robots_visible(*, actor: Actor, tag: str = "", search: str = "", pool: str = "") -> QuerySet[Robot]:
    """Robots in use that ``actor`` may read, by name. Raises ``PermissionDenied`` where it may read none at all."""
    robots = Robot.objects.filter(visible_filter(actor, "robot.read"), archived_at=None).order_by("name", "id")
    if tag:
        robots = robots.filter(tags__contains=[tag])
    if pool:
        robots = robots.filter(pool=pool)
    if search:
        robots = robots.filter(Q(name__icontains=search) | Q(description__icontains=search))
    return (
        with_canary_counts(robots)
        .select_related("canary_version", "created_by")
        .prefetch_related(Prefetch("versions", RobotVersion.objects.filter(is_active=True), to_attr="active_versions"))
    )


def robot_get(*, actor: Actor, robot_id: UUID) -> Robot:
    """One robot in use; raises ``RobotNotFound`` when there is none or ``actor`` may not see it."""
    robot = robots_visible(actor=actor).filter(pk=robot_id).first()
    if robot is None:
        raise RobotNotFound
    return robot


def versions_of(*, actor: Actor, robot_id: UUID) -> QuerySet[RobotVersion]:
    """Versions of one visible robot, newest first. Raises ``RobotNotFound``."""
    robot = robot_get(actor=actor, robot_id=robot_id)
    return RobotVersion.objects.filter(robot=robot).select_related("created_by").order_by("-id")


def version_get(*, actor: Actor, robot_id: UUID, version_id: UUID) -> RobotVersion:
    """One version of one visible robot. Raises ``RobotNotFound``, ``VersionNotFound``."""
    version = versions_of(actor=actor, robot_id=robot_id).select_related("robot").filter(pk=version_id).first()
    if version is None:
        raise VersionNotFound
    return version
