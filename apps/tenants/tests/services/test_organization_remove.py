"""Removing an organization leaves nothing of it, and touches nothing of others."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from apps.tenants.context import owner_context, tenant_context
from apps.tenants.errors import PlatformProtected
from apps.tenants.models import DirectoryEntry, Domain, Organization
from apps.tenants.naming import role_name
from apps.tenants.selectors import platform
from apps.tenants.services.organizations import organization_create
from apps.tenants.services.removals import organization_remove
from apps.tenants.storage import tenant_storage
from conftest import make_user


def left_of(schema: str) -> list[str]:
    """What there still is."""
    queries = {
        "schema": ("SELECT 1 FROM pg_namespace WHERE nspname = %s", schema),
        "role": ("SELECT 1 FROM pg_roles WHERE rolname = %s", role_name(str(connection.settings_dict["NAME"]), schema)),
    }
    found = []
    with owner_context(), connection.cursor() as cursor:
        for name, (query, value) in queries.items():
            cursor.execute(query, [value])
            found += [name] if cursor.fetchone() else []
        rows = {
            "organization": Organization.objects.filter(schema_name=schema),
            "hosts": Domain.objects.filter(tenant__schema_name=schema),
            "directory": DirectoryEntry.objects.filter(schema_name=schema),
        }
        found += [name for name, query in rows.items() if query.exists()]
    return [*found, "files"] if default_storage.exists(schema) else found


def test_it_works(live_organization: Organization) -> None:
    doomed = organization_create(name="Doomed")
    for organization in (doomed, live_organization):
        with tenant_context(organization):
            make_user(f"somebody@{organization.slug}.example", "viewer")
            tenant_storage.save("packages/deep/main.py", ContentFile(b"print()"))
    assert left_of(doomed.schema_name) == ["schema", "role", "organization", "hosts", "directory", "files"]
    organization_remove(organization=doomed)
    assert left_of(doomed.schema_name) == []
    assert len(left_of(live_organization.schema_name)) == 6
    organization_remove(organization=live_organization)


def test_one_without_files_goes_as_well(live_organization: Organization) -> None:
    organization_remove(organization=live_organization)
    assert left_of(live_organization.schema_name) == []


def test_the_platform_stays(live_organization: Organization) -> None:
    found = platform()
    assert found is not None
    with pytest.raises(PlatformProtected):
        organization_remove(organization=found)
    assert "schema" in left_of(found.schema_name)
