"""Names of channel groups carry the schema, so that no frame can reach another organization."""

from __future__ import annotations

from uuid import UUID

from apps.tenants.context import require_tenant


def group_name(kind: str, identifier: UUID | str) -> str:
    """The group of one object of the current organization: letters, digits, dots and hyphens, under 100 characters."""
    return f"{require_tenant()}.{kind}.{identifier}"
