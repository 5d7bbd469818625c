"""``python -m bench.population grow COUNT | tokens FILE``: organizations, and tokens of people in them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import django

django.setup()

from apps.accounts.models import User  # noqa: E402  # Django is set up by now
from apps.tenants.context import tenant_context  # noqa: E402
from apps.tenants.selectors import organizations_all  # noqa: E402
from apps.tenants.services.organizations import organization_create  # noqa: E402
from bench.people import member, token_of  # noqa: E402

EMAIL = "viewer@bench.example"


def grow(count: int) -> None:
    """Each is made by the product itself: no spare waits, so the DDL is replayed."""
    for _number in range(count):
        organization_create(name="Many")


def tokens(file: Path) -> None:
    found = []
    for organization in organizations_all():
        with tenant_context(organization):
            known = User.objects.filter(email=EMAIL).select_related("role").first()
            found.append(token_of(known or member(EMAIL, "viewer"), organization))
    file.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1] == "grow":
        grow(int(sys.argv[2]))
    else:
        tokens(Path(sys.argv[2]))
