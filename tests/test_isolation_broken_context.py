"""Our own code broken on purpose: whatever context a request is given, no row of another organization comes out.

The victim's tables are full of a canary. PostgreSQL must answer "permission denied" or "no such table" by itself; an
error is what we want here, for the code is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.authentication.pages import SESSION_KEY
from apps.accounts.backends import PATH
from apps.accounts.models import Session, User
from apps.common.admin_sites import organization_site
from apps.robots.models import Robot
from apps.tenants.context import public_context, tenant_context, wrapper
from apps.tenants.models import Organization
from apps.tenants.postgresql.base import DatabaseWrapper
from apps.tenants.routers import lives_in_schemas
from conftest import bearer, make_user
from tests.structure import api_actions

CANARY = "CANARY-4f1d"
LISTS = sorted({path for path, method, _viewset, _action in api_actions() if method == "get" and "<" not in path})
PAGES = sorted(f"admin/{m._meta.app_label}/{m._meta.model_name}/" for m in organization_site._registry)
TENANT_MODELS = [model for model in apps.get_models() if lives_in_schemas(model._meta.app_label)]

pytestmark = pytest.mark.skipif(not settings.TENANT_ROLES, reason="TENANT_ROLES=off")


@pytest.fixture
def victim(organization: Organization, other_organization: Organization) -> str:
    """Another organization, full of canaries."""
    with tenant_context(other_organization):
        make_user(f"{CANARY}@rival.example".lower(), "viewer")
        User.objects.update(name=CANARY)
        Robot.objects.create(name=CANARY, description=CANARY)
        Group.objects.create(name=CANARY)
    return str(other_organization.schema_name)


@contextmanager
def wrong_search_path(victim: str) -> Iterator[None]:
    """Every organization's context is sent with the victim's search_path, under its own role."""
    right = DatabaseWrapper._wanted

    def wrong(self: DatabaseWrapper) -> tuple[str, str]:
        path, role = right(self)
        return (path if self.schema_name in {"public", victim} or self.as_owner else f'"{victim}",public'), role

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseWrapper, "_wanted", wrong)
        wrapper().forget_context()
        yield
    wrapper().forget_context()


@contextmanager
def no_context(_victim: str) -> Iterator[None]:
    """The middleware forgets to enter the organization."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apps.tenants.middleware.tenant_context", lambda _organization: public_context())
        yield


@contextmanager
def the_victims_context(victim: str) -> Iterator[None]:
    """The middleware enters the victim's schema whoever asks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apps.tenants.middleware.tenant_context", lambda _organization: tenant_context(victim))
        yield


BROKEN = [wrong_search_path, no_context, the_victims_context]
Broken = Callable[[str], Any]


@pytest.fixture
def api(owner: User, organization: Organization) -> APIClient:
    client = APIClient(SERVER_NAME="acme.localhost", raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer(owner, organization)}")
    return client


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client(SERVER_NAME="acme.localhost", raise_request_exception=False)
    client.force_login(owner, backend=PATH)
    now = timezone.now()
    ours = Session.objects.create(user=owner, last_used_at=now, expires_at=now + timedelta(days=1), device="tests")
    session = client.session
    session[SESSION_KEY] = str(ours.pk)
    session.save()
    return client


def answer(client: Any, path: str) -> tuple[int, str]:
    """The answer, in a savepoint: the server's errors would spoil the test's transaction."""
    with transaction.atomic():
        response = client.get(f"/{path}")
        body = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    return response.status_code, body.decode(errors="replace")


def test_it_works(victim: str, api: APIClient, browser: Client) -> None:
    """Nothing is broken yet: every list answers, and none of them with a canary."""
    for client, paths in ((api, LISTS), (browser, PAGES)):
        for path in paths:
            status, body = answer(client, path)
            assert status < 500, path
            assert CANARY not in body, path
    assert len(LISTS) >= 8
    assert len(PAGES) >= 15
    with tenant_context(victim):
        assert Robot.objects.get().name == CANARY


@pytest.mark.parametrize("broken", BROKEN)
def test_no_list_of_the_api_shows_a_canary(broken: Broken, victim: str, api: APIClient) -> None:
    for path in LISTS:
        with broken(victim):
            status, body = answer(api, path)
        assert CANARY.lower() not in body.lower(), path
        assert status >= 400 or "api/v1" not in path or path.endswith(("openapi.json", "docs", "redoc")), (path, status)


@pytest.mark.parametrize("broken", BROKEN)
def test_no_page_of_the_back_office_shows_a_canary(broken: Broken, victim: str, browser: Client) -> None:
    for path in PAGES:
        with broken(victim):
            status, body = answer(browser, path)
        assert CANARY.lower() not in body.lower(), path
        assert status != 200, path


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_no_table_is_readable_with_a_wrong_search_path(victim: str, model: type[models.Model]) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    with wrong_search_path(victim):
        for statement in (f"SELECT * FROM {table}", f'SELECT * FROM "{victim}".{table}', f"DELETE FROM {table}"):
            with (
                pytest.raises(DatabaseError, match=r"permission denied|does not exist"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
