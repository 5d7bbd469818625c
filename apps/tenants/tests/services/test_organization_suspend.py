"""Switching an organization off and on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.tenants.errors import PlatformProtected
from apps.tenants.models import Organization
from apps.tenants.selectors import platform
from apps.tenants.services.organizations import organization_activate, organization_suspend

NOW = timezone.now()
ADMIN = Actor.system("admin", schema="platform")


def test_it_works(organization: Organization) -> None:
    assert organization_suspend(actor=ADMIN, organization=organization, now=NOW).is_active is False
    assert Organization.objects.get(pk=organization.pk).is_active is False  # as the organization itself sees it
    assert organization_activate(actor=ADMIN, organization=organization, now=NOW).is_active is True


def test_its_requests_are_refused_from_the_next_one_on(
    owner: User, organization: Organization, client_of: Callable[[User], APIClient]
) -> None:
    """Even in a process that was not told: authentication reads the row itself."""
    client = client_of(owner)
    assert client.get("/api/v1/auth/me").status_code == 200
    organization_suspend(actor=ADMIN, organization=organization, now=NOW)  # on_commit does not run in this test
    refused = client.get("/api/v1/auth/me")
    assert (refused.status_code, refused.json()["error_code"]) == (403, "organization_inactive")
    organization_activate(actor=ADMIN, organization=organization, now=NOW)
    assert client.get("/api/v1/auth/me").status_code == 200


def test_the_platform_stays(organization: Organization) -> None:
    home = platform()
    assert home is not None
    with pytest.raises(PlatformProtected):
        organization_suspend(actor=ADMIN, organization=home, now=NOW)


def test_only_the_platform_may(organization: Organization, other_organization: Organization) -> None:
    for change in (organization_suspend, organization_activate):
        with pytest.raises(PermissionDenied):
            change(actor=Actor.system("x", schema=organization.schema_name), organization=other_organization, now=NOW)
