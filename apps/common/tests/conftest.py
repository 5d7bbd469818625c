"""The kernel's tests talk to the tiny API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient


@pytest.fixture(autouse=True)
def _tiny_api(settings: Any) -> None:
    settings.ROOT_URLCONF = settings.PLATFORM_URLCONF = "apps.common.tests.urls"

    settings.ENV = settings.ENV.model_copy(update={"rate_limit_anonymous": "100000/minute"})


@pytest.fixture
def api(client_of: Callable[..., APIClient]) -> APIClient:
    """A client nobody knows."""
    client = client_of(None)
    client.raise_request_exception = False
    return client


@pytest.fixture
def known(client_of: Callable[..., APIClient], owner: Any) -> APIClient:
    """A client of somebody who is signed in."""
    client = client_of(owner)
    client.raise_request_exception = False
    return client
