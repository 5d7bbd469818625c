"""The cast of every test: people of one organization, and a foreigner of another.

Which fixture?

- ``organization`` (and everybody of the cast): the test runs inside the organization's schema, in a transaction that
  is rolled back. Quick; other threads, connections and processes see nothing of it.
- ``live_organization``: a committed organization for threads and processes that open connections of their own. The
  test itself starts outside any organization: ``with tenant_context(live_organization): …``.
- ``transactional_db`` beside ``organization``: the test commits into the organizations of the session; a schema that
  was written to is made anew afterwards (about 0.3 s), and what else was committed is removed.
- ``live`` (tests/live.py): web, workers and beat as real processes on a database of their own.

The organizations are made once per session (and per worker of xdist), in a copy of one migrated database
(tests/databases.py).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from copy import copy
from datetime import timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import uuid4

import httpx
import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone, translation
from rest_framework.test import APIClient
from whitenoise.middleware import WhiteNoiseMiddleware

from apps.accounts.keyring import keyring
from apps.accounts.models import Role, Session, User
from apps.accounts.passwords import PasswordHasher
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.directory import directory_add
from apps.accounts.tokens import access_token
from apps.common.actor import Actor
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import hosts_forget, platform
from apps.tenants.services.organizations import organization_create
from apps.tenants.testing import TestDatabase, roles_drop
from config import urls  # noqa: F401  # and with the routes the pages of the back-office, for tests of their sites
from config.celery import app as celery
from tests.databases import migrated

PASSWORD = "Correct-horse-7"
SPREAD_OVER = 0.8


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of processes wait much of their time: they are spread among those that compute, so that no core waits.

    None is left for the end, when a long one would leave all other workers of xdist without work. Tests of a module
    stay together, for what it starts once for all of them.
    """
    stretches = [list(tests) for _path, tests in groupby(items, key=lambda item: item.path)]
    waiting, computing = [], []
    for stretch in stretches:
        waits = any("live_home" in _fixtures(item) for item in stretch)
        (waiting if waits else computing).append(stretch)
    placed = [
        (share * place / len(part), stretch)
        for part, share in ((waiting, SPREAD_OVER), (computing, 1.0))
        for place, stretch in enumerate(part)
    ]
    items[:] = [item for _place, stretch in sorted(placed, key=itemgetter(0)) for item in stretch]


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def pytest_collection_finish() -> None:
    """What stays to the end is left out of each collection of garbage: programs, models, tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _own_rate_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test spends what another may send."""
    monkeypatch.setattr("apps.common.limits.namespace", uuid4().hex)


@pytest.fixture(autouse=True)
def _passwords_hashed_quickly(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow on purpose, it would take a tenth of all time; with ``hashing_in_earnest`` and between processes it does."""
    if {"hashing_in_earnest", "live_home"}.isdisjoint(request.fixturenames):
        monkeypatch.setattr(PasswordHasher, "time_cost", 1)
        monkeypatch.setattr(PasswordHasher, "memory_cost", 8)


@pytest.fixture
def hashing_in_earnest() -> None:
    """For tests of how much work a password is."""


@pytest.fixture(autouse=True)
def _rings_stay_ours() -> Iterator[None]:
    """No test leaves another Celery application behind: rings of later tests would be sent to nobody."""
    yield
    assert current_app == celery


@pytest.fixture(autouse=True)
def _language_goes_with_its_test() -> Iterator[None]:
    """A request chooses the language of its thread, which here is the thread of all tests."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any
) -> Iterator[None]:
    """Has the test database copied, and takes its roles away after it is gone; roles belong to the whole server."""
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated(django_db_blocker)
    yield
    name = str(connection.settings_dict["NAME"])
    roles_drop(name if name.startswith("test_") else f"test_{name}")


@pytest.fixture(scope="session")
def _database(django_db_setup: None, django_db_blocker: Any) -> TestDatabase:
    with django_db_blocker.unblock():
        return TestDatabase(["Acme", "Rival"])


@pytest.fixture(scope="session", autouse=True)
def _restored_after_commits(request: pytest.FixtureRequest) -> Iterator[None]:
    """Django would TRUNCATE every table after a test that commits; organizations are put right instead."""

    def restore(_case: object) -> None:
        request.getfixturevalue("_database").restore()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", restore)
        yield


@pytest.fixture(scope="session", autouse=True)
def _organizations_looked_up_once() -> Iterator[None]:
    """Numbers of queries must not depend on how slow a test is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "ENV", settings.ENV.model_copy(update={"organization_cache_seconds": 60.0}))
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files_found_once() -> Iterator[None]:
    """Every client is an application of its own, which would look for all files of all libraries anew."""
    found: dict[str, Any] = {}
    look = WhiteNoiseMiddleware.add_files_from_finders

    def look_once(application: Any) -> None:
        if not found:
            look(application)
            found.update(application.files)
        application.files |= found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _authorities_read_once() -> Iterator[None]:
    """Every client that a test makes, one for each request often, would read all certificates anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", lru_cache(httpx.create_ssl_context))
        yield


@pytest.fixture
def organization(_database: TestDatabase, db: None) -> Iterator[Organization]:
    """The organization at work: every test that asks for it runs inside its schema."""
    hosts_forget()
    cache.clear()  # settings that a test before saw, and that were rolled back
    platform()  # looks at all organizations now, so that no test counts this query
    keyring.signing()  # nor this one
    with tenant_context(_database.organizations[0]):
        yield copy(_database.organizations[0])


@pytest.fixture
def other_organization(_database: TestDatabase, db: None) -> Organization:
    return copy(_database.organizations[1])


@pytest.fixture
def live_organization(_database: TestDatabase, transactional_db: None) -> Organization:
    """An organization of its own, committed, for tests whose threads or processes must see it; gone afterwards."""
    hosts_forget()
    return organization_create(name="Live")


def make_user(email: str, role: str, *, password: str | None = None) -> User:
    """A user with this role in the current organization, known to the directory, as :func:`user_create` makes them."""
    user = User(email=email, name=email.partition("@")[0].title(), role=Role.objects.get(slug=role))
    user.set_unusable_password() if password is None else user.set_password(password)
    user.save()
    directory_add(email=email)
    return user


@pytest.fixture
def owner(organization: Organization) -> User:
    return make_user("owner@acme.example", "org_admin")


@pytest.fixture
def maintainer(organization: Organization) -> User:
    return make_user("maintainer@acme.example", "maintainer")


@pytest.fixture
def teammate(organization: Organization) -> User:
    return make_user("teammate@acme.example", "operator")


@pytest.fixture
def viewer(organization: Organization) -> User:
    return make_user("viewer@acme.example", "viewer")


@pytest.fixture
def stranger(organization: Organization) -> User:
    """Somebody of the organization who holds no right at all."""
    from django.contrib.auth.models import Group  # noqa: PLC0415  # only here

    group, _created = Group.objects.get_or_create(name="nobody")
    Role.objects.get_or_create(slug="nobody", defaults={"name": "Nobody", "actions": [], "group": group})
    return make_user("stranger@acme.example", "nobody")


@pytest.fixture
def foreigner(organization: Organization, other_organization: Organization) -> User:
    """The administrator of another organization."""
    with tenant_context(other_organization):
        return make_user("foreigner@rival.example", "org_admin")


@pytest.fixture
def actor(organization: Organization) -> Callable[[User], Actor]:
    """The actor of a user of the organization."""

    def actor_of(user: User) -> Actor:
        known: User = User.objects.select_related("role").get(pk=user.pk)
        return actor_of_user(known, schema=organization.schema_name, ip=None)

    return actor_of


def bearer(user: User, organization: Organization) -> str:
    """A live access token of a user, with the session behind it."""
    now = timezone.now()
    with tenant_context(organization):
        tomorrow = now + timedelta(days=1)
        session = Session.objects.create(user=user, last_used_at=now, expires_at=tomorrow, device="tests")
        return access_token(user=user, organization_id=organization.pk, session_id=session.pk, now=now)


@pytest.fixture
def client_of(organization: Organization, other_organization: Organization) -> Callable[[User | None], APIClient]:
    """An HTTP client of the shared host, signed in as the given user (None: nobody)."""

    def client(user: User | None) -> APIClient:
        api = APIClient(SERVER_NAME="localhost")
        if user is not None:
            home = other_organization if user.email.endswith("@rival.example") else organization
            api.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer(user, home)}")
        return api

    return client
