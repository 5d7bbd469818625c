"""Changes of settings by several at the same instant, by the program itself, and by nobody who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.services.organizations import organization_settings_update
from apps.common.actor import Actor
from apps.common.errors import InvalidInput, PermissionDenied
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization, OrganizationSettings
from apps.tenants.origin import CrossTenantError
from apps.tenants.selectors import organization_settings

InThreads = Callable[[list[Callable[[], Any]]], list[Any]]


def change(organization: Organization, **changes: Any) -> OrganizationSettings | str:
    with tenant_context(organization):
        actor = Actor.system("tests", schema=organization.schema_name)
        try:
            return organization_settings_update(actor=actor, changes=changes, now=timezone.now())
        except InvalidInput as error:
            return error.code


def test_it_works(live_organization: Organization) -> None:
    """What was read before is read again once the change has committed."""
    with tenant_context(live_organization):
        assert organization_settings().timezone == "UTC"
        change(live_organization, timezone="Asia/Tokyo")
        assert organization_settings().timezone == "Asia/Tokyo"


def test_first_changes_at_once_are_all_kept(live_organization: Organization, in_threads: InThreads) -> None:
    fields = {"booking_interval": 60, "advance_booking_days": 60, "cancellation_hours": 60, "timezone": "Asia/Tokyo"}
    in_threads([lambda name=name, value=value: change(live_organization, **{name: value})  # type: ignore[misc]
                for name, value in fields.items()])  # fmt: skip
    with tenant_context(live_organization):
        stored = OrganizationSettings.objects.get()
        assert {name: getattr(stored, name) for name in fields} == fields
        assert Event.objects.filter(name="organization.settings_changed").count() == 4


def test_two_halves_that_do_not_fit_cannot_both_win(live_organization: Organization, in_threads: InThreads) -> None:
    halves = [{"working_hours_start": time(17)}, {"working_hours_end": time(9)}]
    answers = in_threads([lambda half=half: change(live_organization, **half) for half in halves])  # type: ignore[misc]
    assert answers.count("invalid_input") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"booking_interval": 4},
        {"booking_interval": 481},
        {"advance_booking_days": -1},
        {"cancellation_hours": 169},
        {"timezone": "Mars/Olympus"},
        {"holiday_country": "XX"},
        {"custom_labels": {"resource": "x"}},
        {"custom_labels": {"user_label": "x" * 61}},
    ],
)
def test_the_rules_hold_at_every_door(organization: Organization, changes: dict[str, Any]) -> None:
    assert change(organization, **changes) == "invalid_input"
    assert not OrganizationSettings.objects.exists()


@pytest.mark.parametrize(
    "columns",
    [{"booking_interval": 4}, {"advance_booking_days": 366}, {"cancellation_hours": -1}, {"working_hours_end": "7:00"}],
)
def test_the_database_keeps_the_truth(organization: Organization, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganizationSettings.objects.create(organization_id=organization.schema_name, **columns)


def test_nobody_acts_in_another_organization(organization: Organization, other_organization: Organization) -> None:
    with tenant_context(other_organization), pytest.raises(CrossTenantError):
        organization_settings_update(
            actor=Actor.system("tests", schema=organization.schema_name), changes={}, now=timezone.now()
        )


def test_without_the_right(organization: Organization) -> None:
    actor = Actor(type="agent", id="x", label="x", schema=organization.schema_name)
    with pytest.raises(PermissionDenied):
        organization_settings_update(actor=actor, changes={"booking_interval": 60}, now=timezone.now())
