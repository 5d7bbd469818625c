"""Reference rows of a new or migrated schema."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.accounts.services.roles import roles_sync, roles_text
from apps.tenants.services.provisioning import fingerprint_input
from apps.tenants.signals import schema_prepared

fingerprint_input(roles_text)


@receiver(schema_prepared)
def prepare_roles(**_: Any) -> None:
    roles_sync()
