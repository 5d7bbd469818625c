"""manage.py local_sign_in."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import OidcSettings
from apps.accounts.selectors.oidc import oidc_settings_forget
from apps.events.models import Event
from apps.tenants.models import Organization


def test_it_works(trusted: Callable[..., OidcSettings], organization: Organization) -> None:
    trusted(local_sign_in=False, role_claim="groups")
    out = io.StringIO()
    call_command("local_sign_in", organization.slug, stdout=out)
    oidc_settings_forget()
    row = OidcSettings.objects.get()
    assert (row.local_sign_in, row.role_claim) == (True, "groups")
    event = Event.objects.filter(name="oidc.changed").latest("id")
    assert (event.actor_label, event.data["changed"]) == ("command", ["local_sign_in"])
    call_command("local_sign_in", organization.slug, stdout=out)  # again changes nothing
    assert Event.objects.filter(name="oidc.changed").count() == 2


@pytest.mark.parametrize("slug", ["nobody", "acme", "platform"])
def test_where_passwords_work(organization: Organization, slug: Any) -> None:
    with pytest.raises(CommandError):
        call_command("local_sign_in", slug)
