"""Proving with one's password, in the middle of a session, that one is still who began it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.errors import AccountLocked, WrongPassword
from apps.accounts.models import User
from apps.accounts.payloads import Client
from apps.accounts.services.attempts import FAILURES_UNTIL_LOCK, LOCK, password_prove
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.events.models import Event
from apps.tenants.models import Organization
from conftest import PASSWORD

ActorOf = Callable[[User], Actor]
CLIENT, NOW = Client(ip="192.0.2.1"), timezone.now()


def prove(actor: Actor, password: str = PASSWORD, *, later: timedelta = timedelta()) -> None:
    password_prove(actor=actor, password=password, client=CLIENT, now=NOW + later)


def test_it_works(member: User, actor: ActorOf) -> None:
    prove(actor(member))
    member.refresh_from_db()
    assert (member.failed_logins, member.locked_until) == (0, None)
    assert not Event.objects.filter(name="session.refused").exists()


def test_a_wrong_one_is_refused_counted_and_noted(member: User, actor: ActorOf) -> None:
    with pytest.raises(WrongPassword):
        prove(actor(member), "Wrong-horse-7")
    member.refresh_from_db()
    event = Event.objects.get(name="session.refused")
    assert member.failed_logins == 1
    assert (event.subject_id, event.data["failures"]) == (str(member.pk), 1)


def test_a_right_one_takes_no_wrong_ones_back(member: User, actor: ActorOf) -> None:
    """Only a sign-in does, once its second step was right."""
    with pytest.raises(WrongPassword):
        prove(actor(member), "Wrong-horse-7")
    prove(actor(member))
    member.refresh_from_db()
    assert member.failed_logins == 1


def test_an_empty_one_is_refused_and_not_counted(member: User, actor: ActorOf) -> None:
    with pytest.raises(WrongPassword):
        prove(actor(member), "")
    member.refresh_from_db()
    assert member.failed_logins == 0
    assert not Event.objects.filter(name="session.refused").exists()


def test_a_locked_account_is_refused_until_the_lock_ends(member: User, actor: ActorOf) -> None:
    for _ in range(FAILURES_UNTIL_LOCK):
        with pytest.raises(WrongPassword):
            prove(actor(member), "Wrong-horse-7")
    with pytest.raises(AccountLocked):
        prove(actor(member))
    with pytest.raises(AccountLocked):
        prove(actor(member), later=LOCK - timedelta(seconds=1))
    prove(actor(member), later=LOCK)


def test_who_has_no_password_is_asked_for_none(member: User, actor: ActorOf) -> None:
    member.set_unusable_password()
    member.save(update_fields=["password"])
    prove(actor(member), "")
    prove(actor(member), "Wrong-horse-7")
    member.refresh_from_db()
    assert member.failed_logins == 0


@pytest.mark.parametrize("kind", ["api_key", "support"])
def test_a_key_that_stands_for_a_person_is_not_the_person(member: User, actor: ActorOf, kind: str) -> None:
    known = actor(member)
    key = Actor(**{name: getattr(known, name) for name in Actor.__slots__} | {"type": kind})
    with pytest.raises(PermissionDenied):
        prove(key)


def test_only_people_have_passwords(organization: Organization) -> None:
    with pytest.raises(PermissionDenied):
        prove(Actor.system("tests", schema=organization.schema_name))
    with pytest.raises(PermissionDenied):
        prove(Actor.anonymous(schema=organization.schema_name, ip=None, trace_id=""))
