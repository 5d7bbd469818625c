"""Ready means migrated."""

from __future__ import annotations

from apps.common.health import missing
from apps.tenants.context import owner_context
from apps.tenants.health import migrations_ready
from apps.tenants.models import Organization, SchemaTemplate


def test_it_works(organization: Organization) -> None:
    assert migrations_ready() is None
    assert "migrations" not in missing()


def test_without_the_template_of_these_migrations(organization: Organization) -> None:
    with owner_context():
        SchemaTemplate.objects.update(fingerprint="older")
    assert migrations_ready() == "migrate_organizations has not run"
