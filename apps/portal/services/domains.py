"""Domains are made, changed and removed here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError

from apps.common.actor import Actor
from apps.common.etags import check_match
from apps.common.lines import check_lines
from apps.events.services import record
from apps.portal.errors import DomainHasServices, DomainNotFound, DomainSlugReserved
from apps.portal.models import Domain
from apps.portal.models.constraints import refusing_duplicates
from apps.portal.models.domain import RESERVED_SLUGS
from apps.portal.permissions import MANAGE, require_domain

CHANGEABLE = frozenset({"name", "slug", "description", "icon"})


def domain_create(
    *, actor: Actor, name: str, slug: str, description: str = "", icon: str = "", now: datetime
) -> Domain:
    """Make a domain. Name (whatever the case) and slug are unique: `DomainNameTaken`, `DomainSlugTaken`.

    `DomainSlugReserved` for the first word of another address of the portal, `InvalidInput` for a name of
    several lines.
    """
    require_domain(actor, MANAGE, None)
    check_lines({"name": name})
    _require_free(slug)
    domain = Domain(name=name, slug=slug, description=description, icon=icon, created_at=now)
    with transaction.atomic():
        with refusing_duplicates():
            domain.save(force_insert=True)
        record("domain.created", actor=actor, subject=domain, data={"slug": slug}, now=now)
    return domain


def domain_update(
    *, actor: Actor, domain: Domain, changes: Mapping[str, Any], if_match: str | None = None, now: datetime
) -> Domain:
    """Change name, slug, description or icon.

    Refused like `domain_create`; `DomainNotFound` when it is gone, `PreconditionFailed` when `if_match` is stale.
    """
    require_domain(actor, MANAGE, domain)
    fields = sorted(changes.keys() & CHANGEABLE)
    with transaction.atomic():
        domain = _locked(domain.pk)
        check_match(domain, if_match)
        check_lines({"name": changes.get("name")})
        if changes.get("slug", domain.slug) != domain.slug:
            _require_free(changes["slug"])
        for field in fields:
            setattr(domain, field, changes[field])
        with refusing_duplicates():
            domain.save(update_fields=[*fields, "updated_at"])
        record("domain.updated", actor=actor, subject=domain, data={"fields": fields}, now=now)
    return domain


def domain_delete(*, actor: Actor, domain: Domain, if_match: str | None = None, now: datetime) -> None:
    """Remove an empty domain.

    `DomainHasServices` while services belong to it, `PreconditionFailed` when `if_match` is stale.
    """
    require_domain(actor, MANAGE, domain)
    with transaction.atomic():
        domain = _locked(domain.pk)
        check_match(domain, if_match)
        record("domain.deleted", actor=actor, subject=domain, data={"slug": domain.slug}, now=now)
        try:
            domain.delete()
        except ProtectedError as refusal:
            raise DomainHasServices from refusal


def _require_free(slug: str) -> None:
    if slug in RESERVED_SLUGS:
        raise DomainSlugReserved(errors={"slug": [DomainSlugReserved.message]})


def _locked(domain_id: UUID) -> Domain:
    domain = Domain.objects.select_for_update().filter(pk=domain_id).first()
    if domain is None:
        raise DomainNotFound
    return domain
