"""POST /api/v1/auth/login by many at the same instant."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

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


@pytest.mark.usefixtures("unlimited", "hashing_in_earnest")
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


@pytest.mark.usefixtures("unlimited", "hashing_in_earnest")
def test_known_and_unknown_addresses_take_the_same_work(live_organization: Organization) -> None:
    """The same hashing, counted in processor time, which other processes do not disturb, and as many statements."""
    known = [f"person{number}@live.example" for number in range(8)]
    with tenant_context(live_organization):
        for email in known:
            make_user(email, "operator", password=PASSWORD)

    def work(email: str) -> tuple[float, int]:
        with CaptureQueriesContext(connection) as queries:
            start = time.thread_time()
            assert attempt(email, "Wrong-horse-7") == 401
            return time.thread_time() - start, len(queries)

    work(known[0])
    pairs = [(work(email), work(f"un{email}")) for email in known]
    for_known, for_unknown = (min(column) for column in zip(*pairs, strict=True))
    assert for_known[0] == pytest.approx(for_unknown[0], rel=0.35)
    assert for_known[1] == for_unknown[1]
