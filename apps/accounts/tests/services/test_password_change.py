"""Changing one's own password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.accounts.errors import AccountLocked, WrongPassword
from apps.accounts.models import Session, User
from apps.accounts.payloads import Client
from apps.accounts.services.passwords import password_change
from apps.common.actor import Actor
from apps.common.errors import InvalidInput, PermissionDenied
from apps.events.models import Event
from apps.tenants.models import Organization
from conftest import PASSWORD

NEW, CLIENT, NOW = "Another-horse-8", Client(ip="192.0.2.1"), timezone.now()
PAGE = "/admin/password_change/"


def change(actor: Actor, current: str = PASSWORD, new: str = NEW) -> None:
    password_change(actor=actor, current_password=current, new_password=new, client=CLIENT, now=NOW)


def test_it_works_and_ends_other_sessions(member: User, actor: Callable[[User], Actor]) -> None:
    tomorrow = NOW + timedelta(days=1)
    mine, other = (Session.objects.create(user=member, last_used_at=NOW, expires_at=tomorrow) for _ in range(2))
    known = actor(member)
    change(Actor(**{name: getattr(known, name) for name in Actor.__slots__} | {"session_id": str(mine.pk)}))
    member.refresh_from_db()
    mine.refresh_from_db()
    other.refresh_from_db()
    assert member.check_password(NEW)
    assert (mine.revoked_at, other.revoked_reason) == (None, "password_changed")
    assert Event.objects.filter(name="user.password_changed", subject_id=str(member.pk)).count() == 1


def test_wrong_guesses_count_like_those_of_a_sign_in(member: User, actor: Callable[[User], Actor]) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            change(actor(member), "Wrong-horse-7")
    with pytest.raises(AccountLocked):
        change(actor(member))
    member.refresh_from_db()
    assert member.check_password(PASSWORD)


def test_a_weak_one_is_refused(member: User, actor: Callable[[User], Actor]) -> None:
    with pytest.raises(InvalidInput):
        change(actor(member), new="weak")


def test_only_people_have_passwords(organization: Organization) -> None:
    with pytest.raises(PermissionDenied):
        change(Actor.system("tests", schema=organization.schema_name))


class TestPage:
    @pytest.fixture
    def browser(self, member: User) -> Browser:
        browser = Browser(SERVER_NAME="acme.localhost")
        browser.force_login(member)
        return browser

    @staticmethod
    def form(old: str = PASSWORD, new: str = NEW) -> dict[str, str]:
        return {"old_password": old, "new_password1": new, "new_password2": new}

    def test_it_works_and_stays_signed_in(self, browser: Browser, member: User) -> None:
        assert browser.get(PAGE).status_code == 200
        assert browser.post(PAGE, self.form()).status_code == 302
        member.refresh_from_db()
        assert member.check_password(NEW)
        assert browser.get("/admin/").status_code == 200

    @pytest.mark.parametrize(("old", "new"), [("Wrong-horse-7", NEW), (PASSWORD, "weak")])
    def test_what_is_refused_stays_at_the_form(self, browser: Browser, member: User, old: str, new: str) -> None:
        assert browser.post(PAGE, self.form(old, new)).status_code == 200
        member.refresh_from_db()
        assert member.check_password(PASSWORD)
