"""DELETE /api/v1/tenants/{id}, and the certificate that stays."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.tests.api.platform import OTHERS, URL, root
from apps.common.ids import uuid7
from apps.tenants.context import public_context
from apps.tenants.models import Organization
from apps.tenants.services.removals import certificate_bytes
from apps.tenants.tests.services.test_organization_remove import left_of

__all__ = ["root"]
Clients = Callable[[User | None], APIClient]


def test_it_works(live_organization: Organization, organization: Organization, root: APIClient) -> None:
    page = f"{URL}/{live_organization.pk}"
    assert root.delete(page).status_code == 204
    assert root.get(page).json()["is_active"] is False
    early = root.delete(page)
    assert (early.status_code, early.json()["error_code"]) == (409, "purge_too_early")
    assert early.json()["purge_at"] > timezone.now().isoformat()
    with public_context():
        Organization.objects.filter(pk=live_organization.pk).update(suspended_at=timezone.now() - timedelta(days=8))
    assert root.get(f"{page}/certificate").status_code == 404
    assert root.delete(page).status_code == 204
    assert [root.get(page).status_code, root.delete(page).status_code] == [404, 404]
    assert left_of(live_organization.schema_name) == []
    shown: dict[str, Any] = root.get(f"{page}/certificate").json()
    assert shown["digest"] == hashlib.sha256(certificate_bytes(shown["document"])).hexdigest()
    assert shown["document"]["purged_by"] == "root@platform.example"
    assert shown["files_removed_at"] is not None


def test_unknown(root: APIClient) -> None:
    assert root.delete(f"{URL}/{uuid7()}").status_code == 404
    assert root.get(f"{URL}/{uuid7()}/certificate").json()["error_code"] == "certificate_not_found"


def test_stale_entity_tag(root: APIClient, organization: Organization) -> None:
    assert root.delete(f"{URL}/{organization.pk}", headers={"If-Match": '"old.old"'}).status_code == 412
    assert root.get(f"{URL}/{organization.pk}").json()["is_active"] is True


@pytest.mark.parametrize("who", OTHERS)
def test_others_switch_nothing_off(
    client_of: Clients, request: pytest.FixtureRequest, organization: Organization, who: str
) -> None:
    client = client_of(request.getfixturevalue(who))
    assert client.delete(f"{URL}/{organization.pk}").status_code == 403
    assert client.get(f"{URL}/{organization.pk}/certificate").status_code == 403
    assert client.get("/api/v1/auth/me").status_code == 200
