"""Many threads, several organizations, errors in between: every answer speaks of its own organization only."""

from __future__ import annotations

import random
import time

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization
from apps.tenants.services.organizations import organization_create
from apps.tenants.tests.concurrency import at_once
from conftest import bearer, make_user

THREADS, SECONDS = 6, 4.0


def furnished(organization: Organization) -> tuple[Organization, str]:
    """The organization with its people, and a token of its administrator."""
    with tenant_context(organization), transaction.atomic():
        owner = make_user(f"owner@{organization.slug}.example", "org_admin")
        for number in range(3):
            make_user(f"person{number}@{organization.slug}.example", "viewer")
    return organization, bearer(owner, organization)


def request(organization: Organization, token: str) -> None:
    host = random.choice(["localhost", f"{organization.slug}.{settings.ENV.base_domain}"])
    client = APIClient(SERVER_NAME=host)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    response = client.get("/api/v1/users?limit=100")
    assert response.status_code == 200, response.content
    domains = {user["email"].partition("@")[2] for user in response.json()["users"]}
    assert domains == {f"{organization.slug}.example"}


def stumble(organization: Organization) -> None:
    """Fails in the middle of a transaction, in somebody's context, swallowed or not."""
    with tenant_context(organization), transaction.atomic():
        User.objects.count()
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
        except DatabaseError:
            pass
        if random.random() < 0.5:
            transaction.set_rollback(True)
    with public_context(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_organization")


def test_it_works(live_organization: Organization) -> None:
    everyone = [furnished(live_organization), *(furnished(organization_create(name=f"T{n}")) for n in range(2))]

    def work(index: int) -> int:
        done, end = 0, time.monotonic() + SECONDS
        while time.monotonic() < end:
            organization, token = random.choice(everyone)
            request(organization, token)
            stumble(random.choice(everyone)[0])
            if random.random() < 0.05:
                connection.close()
            done += 1
        return done

    assert sum(at_once(work, THREADS)) > THREADS * 3
