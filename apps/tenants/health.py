"""What tenancy tells /ready."""

from __future__ import annotations

from django.db import DatabaseError
from django.utils.translation import gettext as _

from apps.common.health import requirement
from apps.tenants.context import owner_context
from apps.tenants.models import SchemaTemplate
from apps.tenants.selectors import platform
from apps.tenants.services.templates import schema_fingerprint


@requirement("migrations")
def migrations_ready() -> str | None:
    """Ready once ``migrate_organizations`` has run for this program's migrations; single organizations may fail."""
    try:
        with owner_context():
            migrated = SchemaTemplate.objects.filter(fingerprint=schema_fingerprint()).exists()
        return None if migrated and platform() is not None else _("migrate_organizations has not run")
    except DatabaseError as error:
        return str(error)
