"""The cast of every test: people of one organization, and a foreigner of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Role, Session, User
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.directory import directory_add
from apps.accounts.tokens import access_token
from apps.common.actor import Actor
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.services.organizations import organization_create

PASSWORD = "Correct-horse-7"


@pytest.fixture(autouse=True)
def _own_rate_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test spends what another may send."""
    monkeypatch.setattr("apps.common.limits.namespace", uuid4().hex)


@pytest.fixture(scope="session")
def _organizations(django_db_setup: None, django_db_blocker: Any) -> tuple[Organization, Organization]:
    with django_db_blocker.unblock():
        call_command("migrate_organizations")
        return organization_create(name="Acme"), organization_create(name="Rival")


@pytest.fixture
def organization(_organizations: tuple[Organization, Organization], db: None) -> Iterator[Organization]:
    """The organization at work: every test that asks for it runs inside its schema."""
    with tenant_context(_organizations[0]):
        yield _organizations[0]


@pytest.fixture
def other_organization(_organizations: tuple[Organization, Organization], db: None) -> Organization:
    return _organizations[1]


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
