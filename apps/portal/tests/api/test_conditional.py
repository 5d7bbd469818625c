"""ETag and If-Match on domains and services."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.portal.models import Domain, Service

ClientOf = Callable[[User | None], APIClient]


@pytest.fixture(params=["domain", "service"])
def url(request: pytest.FixtureRequest) -> str:
    thing: Domain | Service = request.getfixturevalue(request.param)
    return f"/api/v1/{request.param}s/{thing.pk}"


def test_it_works(owner: User, client_of: ClientOf, url: str) -> None:
    api = client_of(owner)
    tag = api.get(url)["ETag"]
    assert api.get(url, headers={"If-None-Match": tag}).status_code == 304

    changed = api.patch(url, {"icon": "x"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed["ETag"] != tag
    assert api.patch(url, {"icon": "y"}, headers={"If-Match": changed["ETag"]}).status_code == 200


def test_a_stale_tag(owner: User, client_of: ClientOf, url: str) -> None:
    api = client_of(owner)
    tag = api.get(url)["ETag"]
    assert api.patch(url, {"icon": "x"}).status_code == 200
    assert api.patch(url, {"icon": "y"}, headers={"If-Match": tag}).status_code == 412
    assert api.delete(url, headers={"If-Match": tag}).status_code == 412
    assert api.get(url).json()["icon"] == "x"
