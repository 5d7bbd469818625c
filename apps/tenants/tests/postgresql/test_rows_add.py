"""Objects whose rows are added by a written-out statement are as if they had been saved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import Session, User
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.guard import CrossTenantError
from apps.tenants.models import Organization
from apps.tenants.origin import schema_of
from apps.tenants.rows import Rows

SESSIONS, EVENTS = Rows(Session), Rows(Event)


def session_of(user: User) -> Session:
    now = timezone.now()
    return Session(user=user, device="'; DROP --%s", ip="2001:db8::1", last_used_at=now, expires_at=now)


def test_it_works(owner: User, organization: Organization) -> None:
    added, saved = session_of(owner), session_of(owner)
    SESSIONS.add(added)
    saved.save(force_insert=True)
    assert added._state.adding is saved._state.adding is False
    assert schema_of(added) == schema_of(saved) == organization.schema_name
    for session in (added, saved):
        assert SESSIONS.values(Session.objects.get(pk=session.pk)) == SESSIONS.values(session)
    added.expires_at += timedelta(days=1)
    added.save(update_fields=["expires_at"])
    assert Session.objects.get(pk=added.pk).expires_at == added.expires_at


def test_every_kind_of_value_comes_back(organization: Organization) -> None:
    event = Event(
        name="robot.changed",
        actor_type="system",
        subject_type="robots.robot",
        subject_id="1",
        data={"none": None, "deep": [{"ã": 1.5}], "text": '\\"%s'},
        ip=None,
    )
    EVENTS.add(event)
    stored = Event.objects.get(pk=event.pk)
    assert (stored.data, stored.ip, stored.cause_id) == (event.data, None, None)


def test_constraints_hold(owner: User) -> None:
    session = session_of(owner)
    SESSIONS.add(session)
    with pytest.raises(IntegrityError), transaction.atomic():
        SESSIONS.add(session)
    assert Session.objects.count() == 1


def test_nothing_of_another_organization_is_added(owner: User, other_organization: Organization) -> None:
    session = session_of(owner)
    with tenant_context(other_organization):
        with pytest.raises(CrossTenantError):
            SESSIONS.add(session)
        assert not Session.objects.exists()
