"""What there is, and in which state."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

from apps.tenants.context import public_context
from apps.tenants.models import MigrationState, Organization
from apps.tenants.selectors import schema_sizes


def run() -> dict[str, list[str]]:
    output = StringIO()
    call_command("list_organizations", stdout=output, verbosity=0)
    return {line.split()[0]: line.split() for line in output.getvalue().splitlines()}


def test_it_works(organization: Organization, other_organization: Organization) -> None:
    with public_context():
        Organization.objects.filter(pk=other_organization.pk).update(
            is_active=False, migration_state=MigrationState.FAILED
        )
        Organization.objects.filter(pk=organization.pk).update(schema_version="older")
    lines = run()
    assert {"platform", "acme", "rival"} <= set(lines)
    assert lines["platform"][2:4] == ["yes", "current"]
    assert lines["acme"][1:5] == [organization.schema_name, "yes", "outdated", "older"]
    assert lines["rival"][2:4] == ["suspended", "failed"]
    assert lines["acme"][-1] in {"KB", "MB"}
    assert schema_sizes()[organization.schema_name] > 500_000
