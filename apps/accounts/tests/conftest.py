"""What tests of sign-in share: clients with an address of their own, and organizations that are really committed."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.tenants.context import owner_context
from apps.tenants.models import DirectoryEntry, Organization
from apps.tenants.selectors import hosts_forget
from apps.tenants.services.organizations import organization_create
from apps.tenants.services.provisioning import schema_drop
from conftest import PASSWORD, make_user

_addresses = itertools.count(1)


@pytest.fixture
def address() -> str:
    """An address no other test comes from, so that each has its limits to itself."""
    number = next(_addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@pytest.fixture
def api(organization: Organization, address: str) -> APIClient:
    """Somebody unknown, on the shared host."""
    return APIClient(SERVER_NAME="localhost", REMOTE_ADDR=address)


@pytest.fixture
def member(organization: Organization, address: str) -> User:
    """An operator with a password and an e-mail that no other test uses."""
    return make_user(f"member-{address.replace('.', '-')}@acme.example", "operator", password=PASSWORD)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any, _organizations: Any) -> Iterator[Organization]:
    """An organization outside of any test's transaction, for tests with several connections."""
    with django_db_blocker.unblock():
        organization = organization_create(name="Committed")
        yield organization
        with owner_context(), transaction.atomic():
            DirectoryEntry.objects.filter(schema_name=organization.schema_name).delete()
            Organization.objects.filter(pk=organization.pk).delete()
        schema_drop(organization.schema_name)
        hosts_forget()


@pytest.fixture
def in_threads() -> Callable[[list[Callable[[], Any]]], list[Any]]:
    """Calls functions at the same instant, each in a thread with a connection of its own; gives what they gave."""

    def run(functions: list[Callable[[], Any]]) -> list[Any]:
        start = threading.Barrier(len(functions), timeout=30)

        def one(function: Callable[[], Any]) -> Any:
            start.wait()
            try:
                return function()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(functions)) as pool:
            return [future.result(timeout=60) for future in [pool.submit(one, function) for function in functions]]

    return run
