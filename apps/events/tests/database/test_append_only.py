"""The ledger only grows, whoever asks: the organization's role has no right to change it, its owner meets a trigger."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.events.models import Event
from apps.events.services import record
from apps.tenants.context import owner_context
from apps.tenants.models import Organization

CHANGES = [
    "UPDATE events_event SET name = 'x.y'",
    "DELETE FROM events_event",
    "TRUNCATE events_event",
    "TRUNCATE events_event CASCADE",
    "INSERT INTO events_event SELECT * FROM events_event ON CONFLICT (id) DO UPDATE SET name = 'x.y'",
    "MERGE INTO events_event e USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM events_event RETURNING id) SELECT * FROM gone",
]
REFUSED = "the ledger is append-only"
DENIED = "permission denied" if settings.TENANT_ROLES else REFUSED


@pytest.fixture
def event(owner: User, actor: Callable[[User], Actor]) -> Iterator[Event]:
    yield record("user.created", actor=actor(owner), subject=owner, now=timezone.now())
    assert Event.objects.values_list("name", flat=True).get() == "user.created"


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_it_works(event: Event) -> None:
    assert Event.objects.get() == event


@pytest.mark.parametrize("sql", CHANGES)
def test_the_organization_may_not_change_it(event: Event, sql: str) -> None:
    with pytest.raises(DatabaseError, match=DENIED):
        run(sql)


@pytest.mark.parametrize("sql", CHANGES)
def test_neither_may_its_owner(event: Event, organization: Organization, sql: str) -> None:
    with owner_context(organization.schema_name), pytest.raises(DatabaseError, match=REFUSED):
        run(sql)


def test_neither_may_objects(event: Event) -> None:
    event.name = "x.y"
    for change in (event.save, event.delete, Event.objects.all().delete, lambda: Event.objects.update(name="x.y")):
        with pytest.raises(DatabaseError, match=DENIED), transaction.atomic():
            change()
