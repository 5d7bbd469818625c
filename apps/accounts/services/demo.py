"""The people of the demo: four of an organization, one of the platform."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.roles import SUPER_ADMIN_SLUG
from apps.accounts.services.users import user_create, user_update
from apps.common.actor import Actor
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.naming import PLATFORM

CAST: Mapping[str, tuple[str, str]] = {
    "admin": ("Administrator", "org_admin"),
    "maintainer": ("Maintainer", "maintainer"),
    "operator": ("Operator", "operator"),
    "viewer": ("Viewer", "viewer"),
}
PLATFORM_ADDRESS = "admin@platform.example"


def demo_accounts_ensure(*, organization: Organization, password: str, now: datetime) -> dict[str, User]:
    """One user each for admin, maintainer, operator and viewer at ``<name>@<slug>.example``; safe to run again.

    Whatever happened to them since, they can sign in with ``password`` afterwards, for ``make run`` prints it. Raises
    ``InvalidInput`` for a weak one. No actor: part of setting the demo up; the ledger says so.
    """
    actor = Actor.system("demo", schema=organization.schema_name)
    with tenant_context(organization), transaction.atomic():
        return {
            local: _ensure(actor, f"{local}@{organization.slug}.example", name, role, password, now=now)
            for local, (name, role) in CAST.items()
        }


def demo_platform_admin_ensure(*, password: str, now: datetime) -> User:
    """The demo's ``super_admin``, under the rules of :func:`demo_accounts_ensure`. No actor: as there."""
    actor = Actor.system("demo", schema=PLATFORM)
    with tenant_context(PLATFORM), transaction.atomic():
        return _ensure(actor, PLATFORM_ADDRESS, "Platform Administrator", SUPER_ADMIN_SLUG, password, now=now)


def _ensure(actor: Actor, email: str, name: str, role: str, password: str, *, now: datetime) -> User:
    found: User | None = User.objects.of_address(email).select_related("role").first()
    if found is None:
        return user_create(actor=actor, email=email, name=name, role=role, password=password, now=now)
    if found.is_active and found.locked_until is None and found.check_password(password):
        return found
    return user_update(actor=actor, user=found, changes={"password": password, "is_active": True}, now=now)
