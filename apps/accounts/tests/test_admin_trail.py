"""Where a page of the back-office is among the others."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.common.admin_navigation import trail_of
from apps.common.admin_sites import organization_site
from apps.tenants.models import OrganizationSettings


def told(**context: Any) -> list[tuple[str, bool]]:
    steps = trail_of({"office": organization_site, **context})
    return [(str(step.title), bool(step.address)) for step in steps]


def test_it_works() -> None:
    people = [("People", False), ("Users", True)]
    assert told(opts=User._meta) == people
    row = User(email="vera@acme.example", name="vera")
    assert told(opts=User._meta, original=row) == [*people, ("vera", True)]
    assert told(opts=User._meta, original=row, here="Give a right")[-2:] == [("vera", True), ("Give a right", False)]
    assert told(opts=User._meta, add=True) == [*people, ("Add", False)]


def test_what_there_is_one_of_is_its_own_list() -> None:
    settings = [("Settings", False), ("Hours, words and holidays", True)]
    assert told(opts=OrganizationSettings._meta, original=OrganizationSettings()) == settings


def test_a_page_of_no_rows_is_its_title() -> None:
    assert told(title="change password") == [("Change password", False)]
    assert told() == [("", False)]


@pytest.mark.parametrize(("query", "counted"), [("", False), ("?q=a", True), ("?is_active__exact=1", True)])
def test_a_list_is_counted_once_it_is_narrowed(owner: User, query: str, counted: bool) -> None:
    browser = Client(SERVER_NAME="acme.localhost")
    browser.force_login(owner)
    assert ("office-found" in browser.get(f"/admin/accounts/user/{query}").content.decode()) is counted
