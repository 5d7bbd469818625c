"""A suspended organization goes for good, and a certificate stays."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, TooManyRequests
from apps.common.limits import hit
from apps.events.models import Event
from apps.tenants.cache import entries_count
from apps.tenants.context import public_context, tenant_context
from apps.tenants.errors import (
    OrganizationNotFound,
    OrganizationStillActive,
    PlatformProtected,
    PurgeTooEarly,
    SlugNotConfirmed,
)
from apps.tenants.models import Organization, PurgeCertificate
from apps.tenants.selectors import platform
from apps.tenants.services.organizations import organization_suspend
from apps.tenants.services.removals import certificate_bytes, organization_purge, purge_contents, purge_finish
from apps.tenants.storage import tenant_storage
from apps.tenants.tests.services.test_organization_remove import left_of
from conftest import make_user

NOW = timezone.now()
LATER = NOW + timedelta(days=8)
ADMIN = Actor.system("admin", schema="platform")


def furnished(organization: Organization) -> Organization:
    with tenant_context(organization):
        make_user("somebody@secret.example", "viewer")
        tenant_storage.save("packages/deep/main.py", ContentFile(b"print()"))
    return organization_suspend(actor=ADMIN, organization=organization, now=NOW)


def test_it_works(live_organization: Organization) -> None:
    doomed = furnished(live_organization)
    with tenant_context(doomed):
        hit("9/hour", "somebody")
    contents = purge_contents(actor=ADMIN, organization=doomed)
    assert (contents["people"], contents["files"], contents["file_bytes"], contents["cache_entries"]) == (1, 1, 7, 1)
    certificate = organization_purge(actor=ADMIN, organization=doomed, slug=doomed.slug, now=LATER)
    assert left_of(doomed.schema_name) == []
    with public_context():
        stored = PurgeCertificate.objects.get(pk=certificate.pk)
    assert stored.document["removed"] == contents
    assert stored.document["removed"]["rows_by_table"]["accounts_user"] == 1
    assert stored.document["removed"]["shared_rows_by_table"] == {"tenants_directoryentry": 1}
    left = {"schemas": 0, "roles": 0, "rows": 0, "shared_rows_by_table": {}, "cache_entries": 0}
    assert stored.document["left"] == left
    assert stored.digest == hashlib.sha256(certificate_bytes(stored.document)).hexdigest()
    assert "secret.example" not in certificate_bytes(stored.document).decode()
    assert stored.files_removed_at == LATER
    with tenant_context("platform"):
        event = Event.objects.get(name="organization.purged", subject_id=str(doomed.pk))
    assert event.data == {"certificate_id": str(stored.pk), "digest": stored.digest}
    with pytest.raises(OrganizationNotFound):
        organization_purge(actor=ADMIN, organization=doomed, slug=doomed.slug, now=LATER)
    assert purge_finish(actor=ADMIN, certificate=stored, now=timezone.now()).files_removed_at == LATER


def test_another_slug(live_organization: Organization) -> None:
    doomed = furnished(live_organization)
    for slug in ("", "rival", doomed.slug.upper(), doomed.name):
        with pytest.raises(SlugNotConfirmed):
            organization_purge(actor=ADMIN, organization=doomed, slug=slug, now=LATER)
    assert len(left_of(doomed.schema_name)) == 6
    organization_purge(actor=ADMIN, organization=doomed, slug=f" {doomed.slug} ", now=LATER)


def test_one_in_use_stays(organization: Organization) -> None:
    with pytest.raises(OrganizationStillActive):
        organization_purge(actor=ADMIN, organization=organization, slug=organization.slug, now=NOW)
    with public_context():
        assert not PurgeCertificate.objects.exists()
        assert Organization.objects.filter(pk=organization.pk).exists()


def test_one_suspended_a_moment_ago_stays(organization: Organization) -> None:
    gone = organization_suspend(actor=ADMIN, organization=organization, now=NOW)
    organization_suspend(actor=ADMIN, organization=organization, now=NOW + timedelta(days=1))  # says nothing new
    with tenant_context(gone):
        hit("1/hour", "somebody")
    assert entries_count(gone.schema_name)
    with pytest.raises(PurgeTooEarly) as refused:
        organization_purge(actor=ADMIN, organization=gone, slug=gone.slug, now=NOW + timedelta(days=6))
    assert refused.value.extra == {"purge_at": (NOW + timedelta(days=7)).isoformat()}
    with tenant_context(gone), pytest.raises(TooManyRequests):
        hit("1/hour", "somebody")  # still counted
    with public_context():
        assert Organization.objects.filter(pk=organization.pk).exists()


def test_the_platform_stays(organization: Organization) -> None:
    home = platform()
    assert home is not None
    with pytest.raises(PlatformProtected):
        organization_purge(actor=ADMIN, organization=home, slug=home.slug, now=NOW)


def test_only_the_platform_may(organization: Organization, other_organization: Organization) -> None:
    stranger = Actor.system("x", schema=organization.schema_name)
    with pytest.raises(PermissionDenied):
        organization_purge(actor=stranger, organization=other_organization, slug=other_organization.slug, now=NOW)
    with pytest.raises(PermissionDenied):
        purge_contents(actor=stranger, organization=other_organization)
