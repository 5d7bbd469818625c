"""As whom the requests are made: one that a request has taken away is made anew."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import bearer, make_user


def token_maker(schema: str, role: str) -> Callable[[], str]:
    """Gives tokens of somebody with this role, each of a session of its own."""
    organization = Organization.objects.get(schema_name=schema)

    def token() -> str:
        with tenant_context(organization):
            return bearer(make_user(f"{role}-{uuid4()}@{organization.slug}.example", role), organization)

    return token
