"""The catalogue from the lines of a file: what is not there is made, what is there is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from apps.common.actor import Actor
from apps.common.errors import InvalidInput
from apps.common.imports import Change, Imported, Lines, lines_written
from apps.portal.errors import DomainNotFound
from apps.portal.models import Domain, Service
from apps.portal.permissions import MANAGE, require_domain, scope_somewhere
from apps.portal.selectors.domains import domain_by_slug
from apps.portal.selectors.services import services_visible
from apps.portal.services.domains import domain_create, domain_update
from apps.portal.services.services import service_create, service_update
from apps.robots.errors import RobotNotFound, VersionNotFound
from apps.robots.models import Robot, RobotVersion
from apps.robots.selectors.robots import robots_visible

NOTHING_ASKED: dict[str, Any] = {"form_schema_json": {}, "run_template_json": {}}


def domains_import(*, actor: Actor, lines: Lines, dry_run: bool, now: datetime) -> Imported:
    """Makes domains by ``slug`` and ``name``, or changes those of the slug; all lines or none.

    Raises 401 and 403; what `domain_create` and `domain_update` refuse stands at its line.
    """
    require_domain(actor, MANAGE, None)

    def write(values: Mapping[str, Any]) -> Change:
        domain = Domain.objects.filter(slug=values["slug"]).first()
        if domain is None:
            domain_create(actor=actor, now=now, **values)
            return Change.CREATED
        changes = _differing(domain, values)
        if not changes:
            return Change.UNCHANGED
        domain_update(actor=actor, domain=domain, changes=changes, now=now)
        return Change.UPDATED

    return lines_written(lines, write, dry_run=dry_run)


def services_import(*, actor: Actor, lines: Lines, dry_run: bool, now: datetime) -> Imported:
    """Makes services, or changes those of the title in the domain; all lines or none.

    Lines name the domain by its slug, the robot by its name and the default version by its number. Raises 401 and 403;
    what `service_create` and `service_update` refuse stands at its line.
    """
    scope_somewhere(actor, MANAGE)
    # Looked for once each: that takes half of what a line does, and most lines name the same.
    domain_named = cache(lambda slug: domain_by_slug(actor=actor, slug=slug))
    robot_named = cache(lambda name: robots_visible(actor=actor).filter(name__iexact=name).first())

    def write(values: Mapping[str, Any]) -> Change:
        given = _resolved(values, domain_named, robot_named)
        found = services_visible(actor=actor).filter(domain_id=given["domain_id"], title__iexact=given["title"])
        service: Service | None = found.first()
        if service is None:
            service_create(actor=actor, now=now, **(NOTHING_ASKED | given))
            return Change.CREATED
        changes = _differing(service, given)
        if not changes:
            return Change.UNCHANGED
        service_update(actor=actor, service=service, changes=changes, now=now)
        return Change.UPDATED

    return lines_written(lines, write, dry_run=dry_run)


def _differing(row: Domain | Service, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if getattr(row, name) != value}


def _resolved(
    values: Mapping[str, Any], domain_named: Callable[[str], Domain], robot_named: Callable[[str], Robot | None]
) -> dict[str, Any]:
    """The line with ids in the place of what people call things."""
    given = dict(values)
    try:
        given["domain_id"] = domain_named(given.pop("domain")).pk
    except DomainNotFound as error:
        raise InvalidInput(errors={"domain": [error.detail]}) from error
    robot = robot_named(given.pop("robot"))
    if robot is None:
        raise InvalidInput(errors={"robot": [RobotNotFound.message]})
    given["robot_id"] = robot.pk
    if "default_version" in given:
        given["default_version_id"] = _version_of(robot, given.pop("default_version"))
    return given


def _version_of(robot: Robot, number: str) -> Any:
    if not number:
        return None
    version = RobotVersion.objects.filter(robot=robot, version=number).first()
    if version is None:
        raise InvalidInput(errors={"default_version": [VersionNotFound.message]})
    return version.pk
