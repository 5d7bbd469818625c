"""Changes of retention by the program itself, at the same instant, and behind the service's back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.errors import InvalidInput, PermissionDenied
from apps.events.models import Event
from apps.executions.errors import RetentionOrder
from apps.executions.models import Retention
from apps.executions.services.retention import retention_update
from apps.tenants.context import current_schema, tenant_context
from apps.tenants.models import Organization
from apps.tenants.origin import CrossTenantError
from apps.tenants.tests.concurrency import at_once


def change(**changes: int) -> Retention:
    actor = Actor.system("tests", schema=current_schema())
    return retention_update(actor=actor, changes=changes, now=timezone.now())


def test_it_works(organization: Organization) -> None:
    change(logs_days=30)
    assert change(artifacts_days=7).logs_days == 30
    stored = Retention.objects.get()
    assert (stored.runs_days, stored.logs_days, stored.artifacts_days) == (90, 30, 7)


def test_first_changes_at_once_are_all_kept(live_organization: Organization) -> None:
    def one(index: int) -> None:
        with tenant_context(live_organization):
            change(**{["runs_days", "logs_days", "artifacts_days"][index]: [100, 30, 7][index]})

    at_once(one, 3)
    with tenant_context(live_organization):
        stored = Retention.objects.get()
        assert (stored.runs_days, stored.logs_days, stored.artifacts_days) == (100, 30, 7)
        assert Event.objects.filter(name="retention.updated").count() == 3


def test_two_halves_that_do_not_fit_cannot_both_win(live_organization: Organization) -> None:
    with tenant_context(live_organization):
        change(runs_days=90, logs_days=10, artifacts_days=10)

    def one(index: int) -> bool:
        with tenant_context(live_organization):
            try:
                change(**[{"runs_days": 20}, {"logs_days": 80}][index])
            except RetentionOrder:
                return False
            return True

    assert sorted(at_once(one, 2)) == [False, True]


@pytest.mark.parametrize("days", [0, -5, 3651])
def test_the_range_holds_at_every_door(organization: Organization, days: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        change(runs_days=days)
    assert list(caught.value.errors or {}) == ["runs_days"]


@pytest.mark.parametrize(
    "columns",
    [
        {"runs_days": 3651},
        {"logs_days": 0},
        {"artifacts_days": 0},
        {"logs_days": 91},
        {"artifacts_days": 91},
        {"is_only": False},
    ],
)
def test_the_database_keeps_the_truth(organization: Organization, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Retention.objects.create(**columns)


def test_there_is_one_row(organization: Organization) -> None:
    Retention.objects.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        Retention.objects.create()


def test_nobody_acts_in_another_organization(organization: Organization, other_organization: Organization) -> None:
    actor = Actor.system("tests", schema=organization.schema_name)
    with tenant_context(other_organization), pytest.raises(CrossTenantError):
        retention_update(actor=actor, changes={"logs_days": 1}, now=timezone.now())


def test_without_the_right(organization: Organization) -> None:
    actor = Actor(type="agent", id="x", label="x", schema=organization.schema_name)
    with pytest.raises(PermissionDenied):
        retention_update(actor=actor, changes={"logs_days": 1}, now=timezone.now())
