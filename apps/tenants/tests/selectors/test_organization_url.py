"""How browsers reach an organization."""

from __future__ import annotations

from typing import Any

import pytest

from apps.tenants.models import Organization
from apps.tenants.selectors import organization_url, platform


@pytest.mark.parametrize(
    ("values", "own", "shared"),
    [
        ({"public_url": "http://localhost:8000"}, "http://acme.localhost:8000", "http://localhost:8000"),
        ({"public_url": "https://app.example"}, "https://acme.localhost", "https://app.example"),
        ({"public_url": ""}, "http://acme.localhost", "http://localhost"),
        ({"public_url": "", "secure_cookies": True}, "https://acme.localhost", "https://localhost"),
    ],
)
def test_it_works(organization: Organization, settings: Any, values: dict[str, Any], own: str, shared: str) -> None:
    settings.ENV = settings.ENV.model_copy(update=values)
    assert organization_url(organization) == own
    found = platform()
    assert found is not None
    assert organization_url(found) == shared
