"""Who runs the platform, for the tests of its routes."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import platform
from conftest import bearer, make_user

URL = "/api/v1/tenants"
OTHERS = ("owner", "maintainer", "viewer")


@pytest.fixture
def root(organization: Organization) -> APIClient:
    """A super_admin, on the shared host."""
    home = platform()
    assert home is not None
    with tenant_context(home):
        user = make_user("root@platform.example", "super_admin")
        token = bearer(user, home)
    client = APIClient(SERVER_NAME="localhost")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client
