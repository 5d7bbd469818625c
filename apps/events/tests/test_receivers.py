"""Receivers hear of what has committed, in its organization."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.common.actor import Actor
from apps.events import receivers
from apps.events.models import Event
from apps.events.receivers import current_cause, receives
from apps.events.services import record
from apps.tenants.context import current_schema, public_context, tenant_context
from apps.tenants.models import Organization
from conftest import make_user

NOW = timezone.now()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a receiver of every event noted: name, schema, cause."""
    monkeypatch.setattr(receivers, "_receivers", [])
    notes: list[Any] = []

    @receives("*")
    def note(event: Event) -> None:
        notes.append((event.name, current_schema(), current_cause() == event.pk))

    return notes


@pytest.fixture
def subject(live_organization: Organization) -> Any:
    with tenant_context(live_organization), transaction.atomic():
        return make_user("ana@live.example", "viewer")


def happen(name: str, subject: Any, schema: str) -> Event:
    return record(name, actor=Actor.system("test", schema=schema), subject=subject, now=NOW)


def test_it_works(live_organization: Organization, subject: Any, heard: list[Any]) -> None:
    schema = live_organization.schema_name
    with tenant_context(schema), transaction.atomic():
        happen("run.queued", subject, schema)
        assert heard == []
    assert heard == [("run.queued", schema, True)]
    assert current_cause() is None


def test_in_the_organization_even_where_the_transaction_ends_elsewhere(
    live_organization: Organization, subject: Any, heard: list[Any]
) -> None:
    """Registration does so: its transaction begins before there is an organization."""
    schema = live_organization.schema_name
    with public_context(), transaction.atomic(), tenant_context(schema):
        happen("user.created", subject, schema)
    assert heard == [("user.created", schema, True)]
    assert current_schema() == "public"


def test_what_was_rolled_back_is_not_heard(live_organization: Organization, subject: Any, heard: list[Any]) -> None:
    with tenant_context(live_organization), transaction.atomic():
        happen("run.queued", subject, live_organization.schema_name)
        transaction.set_rollback(True)
    assert heard == []


def test_names_are_matched(live_organization: Organization, subject: Any, heard: list[Any]) -> None:
    runs: list[str] = []

    @receives("run.*", "user.created")
    def listen(event: Event) -> None:
        runs.append(event.name)

    schema = live_organization.schema_name
    with tenant_context(schema), transaction.atomic():
        for name in ("run.queued", "robot.created", "user.created", "user.updated"):
            happen(name, subject, schema)
    assert runs == ["run.queued", "user.created"]
    assert len(heard) == 4


def test_one_that_fails_stops_no_other(live_organization: Organization, subject: Any, heard: list[Any]) -> None:
    @receives("run.*")
    def fail(event: Event) -> None:
        raise ZeroDivisionError

    last: list[str] = []

    @receives("run.*")
    def after(event: Event) -> None:
        last.append(event.name)

    schema = live_organization.schema_name
    with tenant_context(schema), transaction.atomic():
        happen("run.queued", subject, schema)
    assert len(heard) == len(last) == 1


def test_what_receivers_record_names_its_cause(live_organization: Organization, subject: Any, heard: list[Any]) -> None:
    schema = live_organization.schema_name

    @receives("run.queued")
    def follow(event: Event) -> None:
        with transaction.atomic():
            happen("run.started", subject, schema)

    with tenant_context(schema):
        with transaction.atomic():
            first = happen("run.queued", subject, schema)
        second = Event.objects.get(name="run.started")
    assert second.cause_id == first.pk
    assert [name for name, *_rest in heard] == ["run.queued", "run.started"]
