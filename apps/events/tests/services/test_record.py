"""One row for each thing that happened, in the transaction in which it happened."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.trace import begin_trace
from apps.events.models import Event
from apps.events.receivers import caused_by
from apps.events.services import OutsideTransactionError, record
from apps.tenants.context import OutsideTenantError, public_context, tenant_context
from apps.tenants.guard import CrossTenantError
from apps.tenants.models import Organization
from conftest import make_user

ActorOf = Callable[[User], Actor]
NOW = timezone.now()


def test_it_works(owner: User, actor: ActorOf) -> None:
    trace = begin_trace("a-trace")
    event = record("user.created", actor=actor(owner), subject=owner, data={"role": "viewer"}, now=NOW)
    stored = Event.objects.get()
    assert stored == event
    assert (stored.name, stored.created_at, stored.data) == ("user.created", NOW, {"role": "viewer"})
    assert (stored.actor_type, stored.actor_id, stored.actor_label) == ("user", str(owner.pk), owner.email)
    assert (stored.subject_type, stored.subject_id) == ("accounts.user", str(owner.pk))
    assert (stored.subject_label, stored.trace_id, stored.cause_id) == (str(owner), trace, None)


def test_the_program_itself_may_be_the_actor(owner: User, organization: Organization) -> None:
    record("run.lost", actor=Actor.system("reaper", schema=organization.schema_name), subject=owner, now=NOW)
    assert Event.objects.values_list("actor_type", "actor_id").get() == ("system", "reaper")


def test_what_it_was_caused_by(owner: User, actor: ActorOf) -> None:
    first = record("run.queued", actor=actor(owner), subject=owner, now=NOW)
    with caused_by(first.pk):
        second = record("run.started", actor=actor(owner), subject=owner, now=NOW)
        with caused_by(None):
            third = record("run.noted", actor=actor(owner), subject=owner, now=NOW)
    assert (first.cause_id, second.cause_id, third.cause_id) == (None, first.pk, None)


def test_long_labels_are_cut(owner: User, organization: Organization) -> None:
    owner.email = "x" * 300
    actor = Actor(type="user", id="1", label="y" * 300, schema=organization.schema_name)
    event = record("user.created", actor=actor, subject=owner, now=NOW)
    assert (len(event.subject_label), len(event.actor_label)) == (254, 254)


def test_it_goes_with_the_transaction(owner: User, actor: ActorOf) -> None:
    with transaction.atomic():
        record("user.created", actor=actor(owner), subject=owner, now=NOW)
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_outside_a_transaction_is_refused(live_organization: Organization) -> None:
    with tenant_context(live_organization):
        with transaction.atomic():
            user = make_user("ana@live.example", "viewer")
        assert not connection.in_atomic_block
        with pytest.raises(OutsideTransactionError):
            record("a.b", actor=Actor.system("x", schema=live_organization.schema_name), subject=user, now=NOW)
        assert not Event.objects.exists()


def test_outside_an_organization_is_refused(organization: Organization) -> None:
    system = Actor.system("x", schema="public")
    with public_context(), pytest.raises(OutsideTenantError):
        record("a.b", actor=system, subject=organization, now=NOW)


def test_an_actor_of_another_organization_is_refused(owner: User, other_organization: Organization) -> None:
    with pytest.raises(CrossTenantError, match="actor x"):
        record("a.b", actor=Actor.system("x", schema=other_organization.schema_name), subject=owner, now=NOW)


def test_a_subject_of_another_organization_is_refused(foreigner: User, organization: Organization) -> None:
    with pytest.raises(CrossTenantError, match="User"):
        record("a.b", actor=Actor.system("x", schema=organization.schema_name), subject=foreigner, now=NOW)


@pytest.mark.parametrize("name", ["", "run", "Run.Queued", "run.", ".queued", "run queued", "run.queued\n"])
def test_other_names_are_refused(owner: User, actor: ActorOf, name: str) -> None:
    with pytest.raises(ValueError, match="not the name of an event"):
        record(name, actor=actor(owner), subject=owner, now=NOW)


@pytest.mark.parametrize("value", [object(), uuid.uuid4(), NOW, {1}])
def test_data_are_plain(owner: User, actor: ActorOf, value: Any) -> None:
    with pytest.raises(TypeError):
        record("a.b", actor=actor(owner), subject=owner, data={"value": value}, now=NOW)
