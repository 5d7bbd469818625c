"""Robots: made, changed, tagged and archived by those who may publish them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import require
from apps.common.actor import Actor
from apps.common.etags import check_match
from apps.common.lines import check_lines
from apps.events.services import record
from apps.robots.errors import RobotArchived, RobotInUse, RobotNameTaken
from apps.robots.models import Robot
from apps.robots.services.publications import Package, version_write
from apps.robots.uses import robot_use_checks


def tags_normalized(tags: Sequence[str]) -> list[str]:
    """Trimmed, without blanks and duplicates, sorted. No actor: it only computes."""
    return sorted({tag.strip() for tag in tags} - {""})


def robot_create(
    *,
    actor: Actor,
    name: str,
    description: str = "",
    tags: Sequence[str] = (),
    pool: str = "default",
    initial_version: Package | None = None,
    now: datetime,
) -> Robot:
    """Makes a robot, together with its first version where one is given: both or none.

    ``initial_version`` comes from ``package_prepared``. Raises ``PermissionDenied``, ``RobotNameTaken``,
    ``InvalidInput`` for a name of several lines.
    """
    robot = Robot(
        name=name.strip(), description=description, tags=tags_normalized(tags), pool=pool, created_by=actor.user
    )
    require(actor, "robot.publish", robot)
    check_lines({"name": robot.name})
    with _name_is_free(), transaction.atomic():
        robot.save(force_insert=True)
        record("robot.created", actor=actor, subject=robot, data={"name": robot.name, "tags": robot.tags}, now=now)
        if initial_version is not None:
            version_write(actor=actor, robot=robot, package=initial_version, now=now)
    return robot


def robot_update(
    *,
    actor: Actor,
    robot: Robot,
    name: str | None = None,
    description: str | None = None,
    tags: Sequence[str] | None = None,
    pool: str | None = None,
    if_match: str | None = None,
    now: datetime,
) -> Robot:
    """Changes what is given (None leaves as it is), if the robot still is what ``if_match`` names.

    Raises ``PermissionDenied``, ``RobotArchived``, ``RobotNameTaken``, ``PreconditionFailed``, ``InvalidInput``.
    """
    name = name.strip() if name is not None else None
    given = {
        "name": name,
        "description": description,
        "tags": tags_normalized(tags) if tags is not None else None,
        "pool": pool,
    }
    with _name_is_free(), transaction.atomic():
        robot = robot_lock(robot)
        require(actor, "robot.publish", robot)  # the stored one: its tags count, not those of a form
        check_match(robot, if_match)
        check_lines({"name": name})
        changed = [field for field, value in given.items() if value is not None and value != getattr(robot, field)]
        if changed:
            for field in changed:
                setattr(robot, field, given[field])
            robot.save(update_fields=[*changed, "updated_at"])
            record("robot.updated", actor=actor, subject=robot, data={"changed": changed}, now=now)
    return robot


def robot_tags_replace(
    *, actor: Actor, robot: Robot, tags: Sequence[str], if_match: str | None = None, now: datetime
) -> Robot:
    """Replaces the whole set of tags. Raises ``PermissionDenied``, ``RobotArchived``, ``PreconditionFailed``."""
    return robot_update(actor=actor, robot=robot, tags=tags, if_match=if_match, now=now)


def robot_archive(*, actor: Actor, robot: Robot, if_match: str | None = None, now: datetime) -> None:
    """Takes a robot out of use for good; its runs stay. Its name becomes free and its schedules fire no more.

    Raises ``PermissionDenied``, ``RobotArchived``, ``PreconditionFailed``, and ``RobotInUse`` while something above
    still needs it.
    """
    require(actor, "robot.publish", robot)
    with transaction.atomic():
        robot = robot_lock(robot)
        check_match(robot, if_match)
        users = [name for check in robot_use_checks for name in check(robot)]
        if users:
            raise RobotInUse(
                _("Services use this robot: %(services)s.") % {"services": ", ".join(users[:10])},
                extra={"used_by": users},
            )
        robot.archived_at = now
        robot.save(update_fields=["archived_at", "updated_at"])
        record("robot.archived", actor=actor, subject=robot, data={"name": robot.name}, now=now)


def robot_lock(robot: Robot) -> Robot:
    """The robot's row, locked until the transaction ends; raises ``RobotArchived``. No actor: callers checked."""
    locked = Robot.objects.select_for_update(no_key=True).get(pk=robot.pk)
    if locked.archived_at is not None:
        raise RobotArchived
    return locked


@contextmanager
def _name_is_free() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if "robot_name_unique" not in str(error):
            raise
        raise RobotNameTaken(errors={"name": [RobotNameTaken.message]}) from error
