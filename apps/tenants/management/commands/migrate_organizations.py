"""Brings the shared schema, the platform and every organization to the current migrations."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.tenants.services.migrations import shared_migrate
from apps.tenants.services.organizations import platform_ensure
from apps.tenants.services.provisioning import spares_replenish
from apps.tenants.services.templates import template_activate


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        shared_migrate()
        template_activate()
        platform_ensure()
        spares_replenish(settings.ENV.tenant_spares)
