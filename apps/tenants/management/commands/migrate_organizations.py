"""Brings the shared schema, the platform and every organization to the current migrations."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from apps.tenants.context import owner_context
from apps.tenants.services.organizations import platform_ensure
from apps.tenants.services.provisioning import spares_replenish, template_ensure
from apps.tenants.services.roles import shared_roles_ensure


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        with owner_context():
            call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        shared_roles_ensure()
        template_ensure()
        platform_ensure()
        spares_replenish(settings.ENV.tenant_spares)
