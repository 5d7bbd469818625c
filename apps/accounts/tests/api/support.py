"""Support access, for the tests of its routes and of what it opens."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from apps.accounts.tests.api.platform import URL
from apps.tenants.models import Organization

REASON = "Ticket 4711: runs that hang"


def grants(organization: Organization) -> str:
    """The route of an organization's support access, for the platform."""
    return f"{URL}/{organization.pk}/support-grants"


def asked(root: APIClient, organization: Organization, reason: str = REASON) -> dict[str, Any]:
    """A grant that was asked for a moment ago."""
    answer = root.post(grants(organization), {"reason": reason})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def entered(root: APIClient, organization: Organization, grant: dict[str, Any] | None = None) -> str:
    """A token of support inside the organization."""
    chosen = grant or asked(root, organization)
    answer = root.post(f"{grants(organization)}/{chosen['id']}/enter")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["access_token"])


def with_token(token: str, *, host: str = "localhost") -> APIClient:
    client = APIClient(SERVER_NAME=host)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def fault(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]
