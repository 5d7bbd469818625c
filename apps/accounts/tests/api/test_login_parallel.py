"""POST /api/v1/auth/login by many at the same instant."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.tests.api.test_login import URL
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

InThreads = Callable[[list[Callable[[], Any]]], list[Any]]


def attempt(email: str, password: str) -> int:
    client = Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.7")
    body = {"email": email, "password": password}
    return client.post(URL, body, content_type="application/json").status_code


@pytest.mark.usefixtures("unlimited")
def test_twenty_guesses_at_once_get_five_tries(live_organization: Organization, in_threads: InThreads) -> None:
    email = "victim@acme.example"
    with tenant_context(live_organization):
        make_user(email, "operator", password=PASSWORD)
    codes = in_threads([lambda: attempt(email, "Wrong-horse-7")] * 20)
    assert Counter(codes) == {401: 5, 403: 15}
    with tenant_context(live_organization):
        assert User.objects.get(email=email).failed_logins == 5


def test_the_rate_holds_exactly(live_organization: Organization, in_threads: InThreads) -> None:
    emails = [f"nobody{number}@acme.example" for number in range(20)]
    codes = in_threads([lambda email=email: attempt(email, "x") for email in emails])  # type: ignore[misc]
    assert Counter(codes) == {401: 5, 429: 15}


@pytest.mark.usefixtures("unlimited")
def test_known_and_unknown_addresses_take_the_same_time(live_organization: Organization) -> None:
    known = [f"person{number}@acme.example" for number in range(12)]
    with tenant_context(live_organization):
        for email in known:
            make_user(email, "operator", password=PASSWORD)

    def seconds(email: str) -> float:
        start = time.perf_counter()
        assert attempt(email, "Wrong-horse-7") == 401
        return time.perf_counter() - start

    pairs = [(seconds(email), seconds(f"un{email}")) for email in known]
    for_known, for_unknown = (min(column) for column in zip(*pairs, strict=True))  # the least disturbed of each
    assert for_known == pytest.approx(for_unknown, rel=0.35)
