"""Lets an organization sign in with passwords again, when its issuer is lost; all else about the issuer stays."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.accounts.errors import OidcNotConfigured
from apps.accounts.services.local_sign_in import local_sign_in_restore
from apps.tenants.context import tenant_context
from apps.tenants.selectors import organization_by_slug


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("slug", help="The organization's short name.")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_by_slug(options["slug"])
        if organization is None:
            raise CommandError("There is no such organization.")
        try:
            with tenant_context(organization):
                local_sign_in_restore(now=timezone.now())
        except OidcNotConfigured as error:
            raise CommandError("It has no issuer: passwords work.") from error
        self.stdout.write(f"Passwords work again for {organization.slug}.")
