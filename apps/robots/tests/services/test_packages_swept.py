"""Packages that no version names go as other orphaned files do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.common.ids import uuid7
from apps.executions.services.orphans import orphans_sweep
from apps.robots.errors import VersionExists
from apps.robots.models import Robot
from apps.robots.tests.factories import version_made
from apps.tenants.models import Organization
from apps.tenants.storage import tenant_storage


@pytest.fixture(autouse=True)
def storage(request: pytest.FixtureRequest) -> Any:
    """Files in a folder, unless a test asks for another kind."""
    return request.getfixturevalue(getattr(request, "param", "folder_storage"))


def swept(organization: Organization, **options: Any) -> list[str]:
    late = timezone.now() + timedelta(days=1, minutes=1)
    return {found.organization: found.files for found in orphans_sweep(now=late, **options)}[organization.slug]


@pytest.mark.parametrize("storage", ["folder_storage", "bucket_storage"], indirect=True)
def test_it_works(organization: Organization, robot: Robot) -> None:
    kept = version_made(organization.schema_name, robot)
    orphan = tenant_storage.save(f"packages/{uuid7()}/main.py", ContentFile(b"print(1)"))
    assert swept(organization, dry_run=True) == [orphan]
    assert swept(organization) == [orphan]
    assert tenant_storage.exists(kept.storage_name)
    assert not tenant_storage.exists(orphan)
    assert [f"packages/{folder}" for folder in tenant_storage.listdir("packages")[0]] == [
        kept.storage_name.rpartition("/")[0]
    ]


def test_a_package_whose_version_is_being_written_stays(organization: Organization) -> None:
    young = tenant_storage.save(f"packages/{uuid7()}/main.py", ContentFile(b"print(1)"))
    for found in orphans_sweep(now=timezone.now()):
        assert found.files == []
    assert tenant_storage.exists(young)


def test_what_was_refused_leaves_no_folder(organization: Organization, robot: Robot) -> None:
    kept = version_made(organization.schema_name, robot)
    with pytest.raises(VersionExists):
        version_made(organization.schema_name, robot)
    tenant_storage.delete(tenant_storage.save(f"packages/{uuid7()}/main.py", ContentFile(b"print(1)")))
    assert len(tenant_storage.listdir("packages")[0]) == 2
    assert swept(organization) == []
    assert len(tenant_storage.listdir("packages")[0]) == 1
    assert tenant_storage.exists(kept.storage_name)
