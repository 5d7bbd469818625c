"""Services are made, changed and removed here; every save leaves a numbered revision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.common.actor import Actor
from apps.common.etags import check_match
from apps.common.lines import check_lines
from apps.events.services import record
from apps.portal.errors import (
    InvalidDefaultVersion,
    InvalidFormSchema,
    InvalidRunTemplate,
    ServiceHasRuns,
    ServiceNotFound,
)
from apps.portal.forms.errors import SchemaInvalid
from apps.portal.models import Domain, Service, ServiceRevision
from apps.portal.models.constraints import refusing_duplicates
from apps.portal.options import providers
from apps.portal.permissions import MANAGE, require_domain, require_service
from apps.portal.run_templates.definition import parse_definition
from apps.portal.run_templates.errors import TemplateInvalid
from apps.portal.selectors.domains import domain_get
from apps.robots.models import RobotVersion, Run
from apps.robots.selectors.robots import robot_get
from apps.robots.services.robots import robot_lock

CHANGEABLE = (
    "title",
    "description",
    "icon",
    "enabled",
    "form_schema_json",
    "run_template_json",
    "confirmation_text",
    "expected_minutes",
    "default_version_id",
)


def service_create(
    *,
    actor: Actor,
    domain_id: UUID,
    robot_id: UUID,
    title: str,
    form_schema_json: Mapping[str, Any],
    run_template_json: Mapping[str, Any],
    default_version_id: UUID | None = None,
    description: str = "",
    icon: str = "",
    enabled: bool = True,
    confirmation_text: str = "",
    expected_minutes: int | None = None,
    now: datetime,
) -> Service:
    """Offer a robot in a domain, as revision 1.

    The actor must see domain and robot (`DomainNotFound`, `RobotNotFound`). Refused: `ServiceTitleTaken` in the
    domain, `InvalidFormSchema`, `InvalidRunTemplate`, `InvalidDefaultVersion`, `RobotArchived`, `InvalidInput` for a
    title of several lines.
    """
    domain, robot = domain_get(actor=actor, domain_id=domain_id), robot_get(actor=actor, robot_id=robot_id)
    require_domain(actor, MANAGE, domain)
    check_lines({"title": title})
    service = Service(
        domain=domain,
        robot=robot,
        title=title,
        description=description,
        icon=icon,
        enabled=enabled,
        default_version_id=default_version_id,
        form_schema_json=form_schema_json,
        run_template_json=run_template_json,
        confirmation_text=confirmation_text,
        expected_minutes=expected_minutes,
        created_by=actor.user,
        created_at=now,
    )
    _check_definition(service)
    with transaction.atomic():
        robot_lock(robot)
        _check_default_version(service)
        with refusing_duplicates():
            service.save(force_insert=True)
        _revision_add(service, actor=actor, now=now)
        record("service.created", actor=actor, subject=service, data=_facts(service), now=now)
    return service


def service_update(
    *, actor: Actor, service: Service, changes: Mapping[str, Any], if_match: str | None = None, now: datetime
) -> Service:
    """Change a service and number the result as its next revision.

    `changes` holds columns by name, `domain_id` and `robot_id` among them. Form and template are checked together
    with what stays, and so is the default version. Refused like `service_create`; `ServiceNotFound` when it is gone,
    `PreconditionFailed` when `if_match` is stale.
    """
    require_service(actor, MANAGE, service)
    with transaction.atomic():
        service = _locked(service.pk)
        check_match(service, if_match)
        check_lines({"title": changes.get("title")})
        fields = [name for name in CHANGEABLE if name in changes]
        for name in fields:
            setattr(service, name, changes[name])
        fields += _moved(service, changes, actor)
        _check_definition(service)
        _check_default_version(service)
        service.revision += 1
        with refusing_duplicates():
            service.save(update_fields=[*fields, "revision", "updated_at"])
        _revision_add(service, actor=actor, now=now)
        record("service.updated", actor=actor, subject=service, data=_facts(service) | {"fields": fields}, now=now)
    return service


def service_delete(*, actor: Actor, service: Service, if_match: str | None = None, now: datetime) -> None:
    """Remove a service that never ran.

    `ServiceHasRuns` otherwise (disable it instead), `PreconditionFailed` when `if_match` is stale.
    """
    require_service(actor, MANAGE, service)
    with transaction.atomic():
        service = _locked(service.pk)
        check_match(service, if_match)
        if Run.objects.filter(service_id=service.pk).exists():
            raise ServiceHasRuns
        record("service.deleted", actor=actor, subject=service, data=_facts(service), now=now)
        service.delete()


def _moved(service: Service, changes: Mapping[str, Any], actor: Actor) -> list[str]:
    """Move to another domain or robot; the actor must see both and manage the domain."""
    fields = []
    if changes.get("domain_id", service.domain_id) != service.domain_id:
        service.domain = _managed_domain(actor, changes["domain_id"])
        fields.append("domain")
    if changes.get("robot_id", service.robot_id) != service.robot_id:
        service.robot = robot_lock(robot_get(actor=actor, robot_id=changes["robot_id"]))
        fields.append("robot")
    return fields


def _managed_domain(actor: Actor, domain_id: UUID) -> Domain:
    domain = domain_get(actor=actor, domain_id=domain_id)
    require_domain(actor, MANAGE, domain)
    return domain


def _check_definition(service: Service) -> None:
    try:
        parse_definition(service.form_schema_json, service.run_template_json, check_filter=providers.check_source)
    except SchemaInvalid as refusal:
        problems = refusal.problems
        raise InvalidFormSchema(problems[0], errors={"form_schema_json": problems}) from refusal
    except TemplateInvalid as refusal:
        problems = refusal.problems
        raise InvalidRunTemplate(problems[0], errors={"run_template_json": problems}) from refusal


def _check_default_version(service: Service) -> None:
    if service.default_version_id is None:
        return
    if not RobotVersion.objects.filter(pk=service.default_version_id, robot_id=service.robot_id).exists():
        raise InvalidDefaultVersion(errors={"default_version_id": [InvalidDefaultVersion.message]})


def _revision_add(service: Service, *, actor: Actor, now: datetime) -> None:
    ServiceRevision(
        service=service, number=service.revision, content=service.content(), created_by=actor.user, created_at=now
    ).save(force_insert=True)


def _facts(service: Service) -> dict[str, Any]:
    return {"revision": service.revision, "domain_id": str(service.domain_id), "robot_id": str(service.robot_id)}


def _locked(service_id: UUID) -> Service:
    service = (
        Service.objects.select_for_update(of=("self",)).select_related("domain", "robot").filter(pk=service_id).first()
    )
    if service is None:
        raise ServiceNotFound
    return service
