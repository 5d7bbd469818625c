"""manage.py remove_second_factor."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import RecoveryCode, SecondFactor, User
from apps.accounts.tests.conftest import Device
from apps.events.models import Event
from apps.tenants.models import Organization


def test_it_works(organization: Organization, member: User, device: Device) -> None:
    out = io.StringIO()
    call_command("remove_second_factor", organization.slug, member.email.upper(), stdout=out)
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()
    event = Event.objects.get(name="second_factor.removed")
    assert (event.actor_label, event.subject_id) == ("command", str(member.pk))


@pytest.mark.parametrize(("slug", "email"), [("nobody", "member@acme.example"), ("acme", "nobody@acme.example")])
def test_what_is_not_there(member: User, device: Device, slug: str, email: str) -> None:
    with pytest.raises(CommandError):
        call_command("remove_second_factor", slug, email)
    assert SecondFactor.objects.exists()


def test_who_has_none(organization: Organization, member: User) -> None:
    with pytest.raises(CommandError):
        call_command("remove_second_factor", organization.slug, member.email)
