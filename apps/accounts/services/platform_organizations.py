"""Organizations in the hands of who runs the platform: made, changed, switched off, and gone for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import SupportForbidden
from apps.accounts.payloads import RowPreview
from apps.accounts.roles import ORG_ADMIN_SLUG
from apps.accounts.selectors.organizations import is_own
from apps.accounts.services.organizations import (
    OWN_PEOPLES,
    organization_settings_preview,
    organization_settings_update,
)
from apps.accounts.services.users import user_create
from apps.common.actor import Actor
from apps.common.changes import assign, check_fields
from apps.common.etags import check_match
from apps.events.services import record
from apps.tenants.context import public_context, tenant_context
from apps.tenants.errors import OrganizationNotFound, SlugTaken
from apps.tenants.models import Organization, OrganizationSettings
from apps.tenants.naming import PLATFORM
from apps.tenants.services.domains import domains_set
from apps.tenants.services.organizations import (
    organization_activate,
    organization_create,
    organization_suspend,
    require_platform,
)
from apps.tenants.services.removals import organization_purge
from apps.tenants.signals import organization_changed

FIELDS = ("name", "logo_url", "theme_primary_color", "plan")


def platform_organization_create(
    *,
    actor: Actor,
    name: str,
    slug: str | None = None,
    administrator_email: str | None = None,
    changes: Mapping[str, Any],
    now: datetime,
) -> Organization:
    """Makes an organization, and where an address is given its first ``org_admin``, who is mailed an invitation.

    ``changes`` are those of :func:`platform_organization_update`, whose errors it raises too, and ``SlugTaken``. Needs
    ``platform.manage``. All of it in one transaction: what is refused leaves nothing, not even the schema.
    """
    require_platform(actor)
    check_fields(Organization(name=name), ["name"])
    with public_context(), transaction.atomic():
        made = organization_create(name=name, slug=slug)
        if slug not in {None, made.slug}:
            raise SlugTaken
        _tell("organization.created", actor, made, {"slug": made.slug}, now=now)
        if administrator_email is not None:
            with tenant_context(made):
                title = administrator_email.partition("@")[0]
                user_create(actor=_inside(made), email=administrator_email, name=title, role=ORG_ADMIN_SLUG, now=now)
        return platform_organization_update(actor=actor, organization_id=made.pk, changes=changes, now=now)


def platform_organization_update(
    *, actor: Actor, organization_id: UUID, changes: Mapping[str, Any], if_match: str | None = None, now: datetime
) -> Organization:
    """Changes any of ``name, logo_url, theme_primary_color, plan, domain, domains, is_active, settings``.

    ``domains`` are all hosts of its own, ``domain`` is the one that links lead to. Needs ``platform.manage``. Raises
    ``OrganizationNotFound``, ``InvalidInput`` naming the field, ``InvalidHost``, ``DomainTaken``,
    ``PreconditionFailed``; what is refused changes nothing.
    """
    require_platform(actor)
    with public_context(), transaction.atomic():
        row = _locked(organization_id)
        check_match(row, if_match)
        changed = assign(row, {name: changes[name] for name in FIELDS if name in changes})
        if changed:
            check_fields(row, changed)
            row.save(update_fields=[*changed, "updated_at"])
            _tell("organization.updated", actor, row, {"changed": changed}, now=now)
        if changes.keys() & {"domain", "domains"}:
            hosts: Sequence[str] | None = changes.get("domains")
            domains_set(actor=actor, organization=row, first=changes.get("domain"), hosts=hosts, now=now)
        if changes.get("settings"):
            platform_settings_update(actor=actor, organization_id=row.pk, changes=changes["settings"], now=now)
        if "is_active" in changes:
            switch = organization_activate if changes["is_active"] else organization_suspend
            switch(actor=actor, organization=row, now=now)
        return row


def platform_settings_update(
    *, actor: Actor, organization_id: UUID, changes: Mapping[str, Any], if_match: str | None = None, now: datetime
) -> OrganizationSettings:
    """Changes settings of an organization, as :func:`organization_settings_update` does from inside it.

    Its own people change them by its id just so. Others need ``platform.manage``, and then both ledgers tell it: the
    organization's own, and the platform's with who it was. Whether support is let in, and what its people sign in
    with, is not the platform's to say: raises ``SupportForbidden``.
    """
    if is_own(actor=actor, organization_id=organization_id):
        return organization_settings_update(actor=actor, changes=changes, if_match=if_match, now=now)
    _require_theirs(actor, changes)
    with public_context(), transaction.atomic():
        row = _locked(organization_id)
        with tenant_context(row):
            inside = _inside(row)
            stored = organization_settings_update(actor=inside, changes=changes, if_match=if_match, now=now)
        facts = {"changed": sorted(changes)}
        _announce("organization.settings_changed", actor, row, facts, now=now)
        return stored


def platform_settings_preview(
    *, actor: Actor, organization_id: UUID, changes: Mapping[str, Any], if_match: str | None = None
) -> RowPreview:
    """What :func:`platform_settings_update` would make of the settings; writes nothing, and refuses as it does."""
    if is_own(actor=actor, organization_id=organization_id):
        return organization_settings_preview(actor=actor, changes=changes, if_match=if_match)
    _require_theirs(actor, changes)
    with public_context(), transaction.atomic():
        row = _locked(organization_id)
        with tenant_context(row):
            return organization_settings_preview(actor=_inside(row), changes=changes, if_match=if_match)


def _require_theirs(actor: Actor, changes: Mapping[str, Any]) -> None:
    require_platform(actor)
    if not OWN_PEOPLES.isdisjoint(changes):
        raise SupportForbidden(_("Who gets in, and how, is for the organization alone to say."))


def platform_organization_remove(
    *, actor: Actor, organization_id: UUID, if_match: str | None = None, now: datetime
) -> None:
    """The first time switches an organization off; once ORGANIZATION_PURGE_DAYS have passed, purges it for good.

    Needs ``platform.manage``. Raises ``OrganizationNotFound``, ``PreconditionFailed``, ``PurgeTooEarly`` with the time
    from which on, and what :func:`organization_purge` raises; that is no part of a transaction, for files go after it.
    """
    require_platform(actor)
    with public_context(), transaction.atomic():
        row = _locked(organization_id)
        check_match(row, if_match)
        if row.is_active:
            organization_suspend(actor=actor, organization=row, now=now)
            return
    organization_purge(actor=actor, organization=row, slug=row.slug, now=now)


def _locked(organization_id: UUID) -> Organization:
    everything = Organization.objects.select_for_update(no_key=True)
    found: Organization | None = everything.filter(pk=organization_id).exclude(schema_name=PLATFORM).first()
    if found is None:
        raise OrganizationNotFound
    return found


def _inside(organization: Organization) -> Actor:
    """The platform as the organization's own ledger names it; who it was stands in the platform's."""
    return Actor.system("platform", schema=organization.schema_name)


def _announce(event: str, actor: Actor, row: Organization, facts: Mapping[str, Any], *, now: datetime) -> None:
    organization_changed.send(sender=Organization, name=event, actor=actor, organization=row, data=facts, now=now)


def _tell(event: str, actor: Actor, row: Organization, facts: Mapping[str, Any], *, now: datetime) -> None:
    _announce(event, actor, row, facts, now=now)
    with tenant_context(row):
        record(event, actor=_inside(row), subject=row, data=facts, now=now)
