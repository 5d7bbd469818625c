"""Whether a form stands on a page of the platform."""

from __future__ import annotations

from typing import Any

import pytest

from apps.tenants.hosts import is_platform_origin


@pytest.mark.parametrize(
    ("public_url", "origin", "ours"),
    [
        ("", "http://localhost", True),
        ("", "http://127.0.0.1", True),
        ("", "http://acme.localhost", False),
        ("", "https://localhost", False),
        ("", "", False),
        ("http://localhost:8000", "http://localhost:8000", True),
        ("http://localhost:8000", "http://localhost", False),
        ("http://localhost:8000", "http://localhost:8000:8000", False),
        ("http://localhost:8000", "http://localhost:8000/", False),
        ("https://localhost:443", "https://localhost", True),
        ("https://localhost:443", "https://localhost:443", False),
        ("https://app.example", "https://localhost", True),
        ("https://app.example", "https://app.example", False),  # no shared host: nobody of the platform is there
    ],
)
def test_it_works(settings: Any, public_url: str, origin: str, ours: bool) -> None:
    settings.ENV = settings.ENV.model_copy(update={"public_url": public_url})
    assert is_platform_origin(origin) is ours
