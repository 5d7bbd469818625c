"""GET /api/v1/retention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.executions.models import Retention
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization

Clients = Callable[[User | None], APIClient]
URL = "/api/v1/retention"


def test_it_works(client_of: Clients, owner: User) -> None:
    answer = client_of(owner).get(URL)
    assert (answer.status_code, answer.json()) == (200, {"runs_days": 90, "logs_days": 90, "artifacts_days": 90})
    assert not Retention.objects.exists()


def test_the_default_is_a_setting(client_of: Clients, owner: User, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"retention_days": 7})
    assert client_of(owner).get(URL).json()["logs_days"] == 7


def test_everybody_of_the_organization_sees_it(client_of: Clients, stranger: User) -> None:
    Retention.objects.create(runs_days=30, logs_days=20, artifacts_days=10)
    assert client_of(stranger).get(URL).json() == {"runs_days": 30, "logs_days": 20, "artifacts_days": 10}


def test_a_foreigner_sees_the_own_one(
    client_of: Clients, foreigner: User, organization: Organization, other_organization: Organization
) -> None:
    Retention.objects.create(runs_days=30, logs_days=20, artifacts_days=10)
    with tenant_context(other_organization):
        Retention.objects.create(runs_days=5, logs_days=4, artifacts_days=3)
    assert client_of(foreigner).get(URL).json() == {"runs_days": 5, "logs_days": 4, "artifacts_days": 3}


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401


def test_queries(client_of: Clients, viewer: User, django_assert_num_queries: Any) -> None:
    client = client_of(viewer)
    with django_assert_num_queries(2):
        client.get(URL)
