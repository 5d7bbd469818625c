"""The demo organization: people, robots, services and a first run of each; made once, safe to ask for again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile

from apps.accounts.models import User
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.demo import demo_accounts_ensure, demo_platform_admin_ensure
from apps.common.actor import Actor
from apps.portal.demo.catalogue import DOMAINS, FOLDER, OFFERS, SCHEDULE, SCHEDULED_ROBOT, Offer
from apps.portal.models import Domain, Service
from apps.portal.services.domains import domain_create
from apps.portal.services.runs import service_run
from apps.portal.services.services import service_create
from apps.robots.models import Robot, Schedule
from apps.robots.payloads import Publication, Upload
from apps.robots.services.publications import package_prepared
from apps.robots.services.robots import robot_create
from apps.robots.services.schedules import schedule_create
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import organization_by_slug
from apps.tenants.services.organizations import organization_create

NAME, SLUG = "Demo", "demo"


@dataclass(frozen=True, slots=True)
class Demo:
    """What was made, for whoever tells people about it."""

    organization: Organization
    accounts: Mapping[str, User]
    platform_admin: User
    robot: Robot


def demo_ensure(*, password: str, now: datetime) -> Demo:
    """Makes whatever of the demo is missing; every account can sign in with ``password`` afterwards.

    What people changed since stays as it is. No actor: part of setting up; rows and ledger name the demo's people.
    """
    organization = organization_by_slug(SLUG) or organization_create(name=NAME, slug=SLUG)
    accounts = demo_accounts_ensure(organization=organization, password=password, now=now)
    platform_admin = demo_platform_admin_ensure(password=password, now=now)
    with tenant_context(organization):
        admin = User.objects.select_related("role").get(pk=accounts["admin"].pk)
        actor = actor_of_user(admin, schema=organization.schema_name, ip=None)
        domains = {slug: _domain(actor, name, slug, text, now=now) for name, slug, text in DOMAINS}
        robots = [_offer(actor, offer, domains[offer.domain], now=now) for offer in OFFERS]
        _schedule(actor, now=now)
    return Demo(organization, accounts, platform_admin, robots[0])


def _domain(actor: Actor, name: str, slug: str, description: str, *, now: datetime) -> Domain:
    found = Domain.objects.filter(slug=slug).first()
    return found or domain_create(actor=actor, name=name, slug=slug, description=description, now=now)


def _offer(actor: Actor, offer: Offer, domain: Domain, *, now: datetime) -> Robot:
    """The robot, its service and, when the service is new, its first run."""
    robot = Robot.objects.filter(name=offer.robot, archived_at=None).first() or _robot(actor, offer, now=now)
    if not Service.objects.filter(robot=robot).exists():
        service = service_create(
            actor=actor,
            domain_id=domain.pk,
            robot_id=robot.pk,
            title=offer.title,
            description=offer.description,
            form_schema_json={"fields": list(offer.fields)},
            run_template_json=offer.template,
            expected_minutes=offer.expected_minutes,
            now=now,
        )
        service_run(actor=actor, service=service, parameters=offer.first_parameters, now=now)
    return robot


def _robot(actor: Actor, offer: Offer, *, now: datetime) -> Robot:
    with package_prepared(actor=actor, publication=_publication(offer), upload=_upload(offer)) as package:
        return robot_create(
            actor=actor,
            name=offer.robot,
            description=offer.description,
            tags=offer.tags,
            initial_version=package,
            now=now,
        )


def _publication(offer: Offer) -> Publication:
    return Publication(
        version="1.0.0",
        entrypoint_path=offer.entrypoint,
        entrypoint_type=offer.entrypoint_type,
        changelog="Primeira versão.",
    )


def _upload(offer: Offer) -> Upload:
    """The robot's folder as a zip archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        for path in sorted((FOLDER / offer.folder).iterdir()):
            if path.is_file():
                package.write(path, path.name)
    return Upload(name=f"{offer.folder}.zip", file=ContentFile(archive.getvalue()))


def _schedule(actor: Actor, *, now: datetime) -> None:
    robot = Robot.objects.get(name=SCHEDULED_ROBOT, archived_at=None)
    if not Schedule.objects.filter(robot=robot).exists():
        values: dict[str, Any] = dict(SCHEDULE)
        schedule_create(actor=actor, robot=robot, values=values, now=now)
