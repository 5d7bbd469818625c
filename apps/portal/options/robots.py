"""Robots and their versions as options."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar
from uuid import UUID

from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.portal.forms.options import Depends, Filter
from apps.portal.forms.schema import Option
from apps.portal.options.filters import check_known, check_uuid, uuids
from apps.portal.options.limits import MAX_SHOWN
from apps.robots.errors import RobotNotFound
from apps.robots.selectors.robots import robots_visible, versions_of


class RobotOptions:
    """`{"provider": "robots", "filter": {"tag", "pool"}}`: robots the actor may read; the value is the id."""

    name: ClassVar[str] = "robots"
    filters: ClassVar[tuple[str, ...]] = ("tag", "pool")

    def check_filter(self, filters: Filter) -> None:
        """Know `tag` and `pool`."""
        check_known(filters, self.filters)

    def resolve(self, actor: Actor, filters: Filter, depends: Depends, only: Collection[str] | None) -> list[Option]:
        """Return robots by name; none for an actor who may read none."""
        try:
            robots = robots_visible(actor=actor, tag=str(filters.get("tag", "")), pool=str(filters.get("pool", "")))
        except PermissionDenied:
            return []
        if only is not None:
            robots = robots.filter(pk__in=uuids(only))
        return [Option(name, str(pk)) for pk, name in robots.values_list("pk", "name")[:MAX_SHOWN]]


class VersionOptions:
    """`{"provider": "versions", "filter": {"robot_id", "channel"}}`: versions of one robot, newest first.

    The robot is the filter's `robot_id`, or else the answer of the field named in `dependsOn`.
    """

    name: ClassVar[str] = "versions"
    filters: ClassVar[tuple[str, ...]] = ("robot_id", "channel")

    def check_filter(self, filters: Filter) -> None:
        """Know `robot_id` and `channel`."""
        check_known(filters, self.filters)
        check_uuid(filters, "robot_id")

    def resolve(self, actor: Actor, filters: Filter, depends: Depends, only: Collection[str] | None) -> list[Option]:
        """Return versions; none while the robot is unknown or unseen."""
        robot_id = _robot_id(filters, depends)
        if robot_id is None:
            return []
        try:
            versions = versions_of(actor=actor, robot_id=robot_id)
        except (PermissionDenied, RobotNotFound):
            return []
        if "channel" in filters:
            versions = versions.filter(channel=filters["channel"])
        if only is not None:
            versions = versions.filter(pk__in=uuids(only))
        return [Option(version, str(pk)) for pk, version in versions.values_list("pk", "version")[:MAX_SHOWN]]


def _robot_id(filters: Filter, depends: Depends) -> UUID | None:
    candidates = [filters["robot_id"]] if "robot_id" in filters else list(depends.values())
    return next(iter(uuids(str(candidate) for candidate in candidates)), None)
