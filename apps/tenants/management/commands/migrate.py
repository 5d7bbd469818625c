"""``migrate`` is ``migrate_schemas``, as with django-tenants."""

from __future__ import annotations

from apps.tenants.management.commands.migrate_schemas import Command

__all__ = ["Command"]
