"""Settings of the organization at work, kept for a while; its days of rest."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.cache import cache

from apps.tenants.calendars import Holiday
from apps.tenants.context import OutsideTenantError, public_context, tenant_context
from apps.tenants.models import Organization, OrganizationSettings
from apps.tenants.selectors import (
    holiday_calendar,
    holidays_between,
    organization_current,
    organization_settings,
    organization_settings_now,
    settings_forget,
)

EVE = {"date": "2026-12-24", "name": "Véspera"}


@pytest.fixture
def stored(organization: Organization) -> OrganizationSettings:
    schema = organization.schema_name
    return OrganizationSettings.objects.create(organization_id=schema, holidays=[EVE], holiday_country="BR")


def test_it_works(stored: OrganizationSettings, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert organization_settings() == stored
        assert organization_settings().holiday_country == "BR"


def test_what_was_never_set_are_the_defaults(organization: Organization, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        found = organization_settings()
        assert (found.timezone, found.booking_interval, found.holidays) == ("UTC", 30, [])
        assert organization_settings().organization_id == organization.schema_name
    assert not OrganizationSettings.objects.exists()


def test_a_change_shows_once_they_are_forgotten(stored: OrganizationSettings, organization: Organization) -> None:
    organization_settings()
    OrganizationSettings.objects.update(timezone="Asia/Tokyo")
    assert organization_settings().timezone == "UTC"
    assert organization_settings_now().timezone == "Asia/Tokyo"
    with public_context():  # wherever the transaction happens to end
        settings_forget(organization.schema_name)
    assert organization_settings().timezone == "Asia/Tokyo"


def test_they_are_kept_no_longer_than_told(stored: OrganizationSettings, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"organization_cache_seconds": 0})
    organization_settings()
    OrganizationSettings.objects.update(timezone="Asia/Tokyo")
    assert organization_settings().timezone == "Asia/Tokyo"


def test_what_one_does_with_them_reaches_nobody_else(stored: OrganizationSettings) -> None:
    organization_settings().custom_labels["user_label"] = "changed by mistake"
    assert organization_settings().custom_labels == {}


def test_each_organization_has_its_own(
    stored: OrganizationSettings, other_organization: Organization, organization: Organization
) -> None:
    assert organization_settings().holiday_country == "BR"
    with tenant_context(other_organization):
        assert organization_settings().holiday_country == ""
        settings_forget(other_organization.schema_name)
    assert cache.get("organization_settings") == stored


def test_outside_there_are_none(db: None) -> None:
    for read in (organization_settings, organization_settings_now, organization_current):
        with public_context(), pytest.raises(OutsideTenantError):
            read()


def test_holidays_between(stored: OrganizationSettings) -> None:
    assert holidays_between(first=date(2026, 12, 1), last=date(2026, 12, 31)) == [
        Holiday(date(2026, 12, 24), "Véspera"),
        Holiday(date(2026, 12, 25), "Natal"),
    ]
    assert date(2026, 12, 24) in holiday_calendar()


def test_the_organization_with_all_of_it(
    stored: OrganizationSettings, organization: Organization, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        found = organization_current()
        assert found == organization
        assert found.settings == stored
        assert [host.domain for host in found.domains.all()] == ["acme.localhost"]
