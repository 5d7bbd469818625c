"""Organizations from the command line."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

from apps.tenants.models import Organization
from apps.tenants.selectors import organization_by_slug


def run(*arguments: str) -> list[list[str]]:
    output = StringIO()
    call_command("create_organization", *arguments, stdout=output, verbosity=0)
    return [line.split("\t") for line in output.getvalue().splitlines()]


def test_it_works(organization: Organization) -> None:
    ((slug, schema, host),) = run("Padaria do Zé", "--slug", "padaria")
    made = organization_by_slug("padaria")
    assert made is not None
    assert (slug, schema, host) == ("padaria", made.schema_name, "padaria.localhost")
    assert made.name == "Padaria do Zé"


def test_several(organization: Organization) -> None:
    assert [line[0] for line in run("One", "One", "Two")] == ["one", "one-1", "two"]
