"""Takes somebody's second factor away, when neither they nor an administrator can."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.accounts.errors import SecondFactorNotFound, UserNotFound
from apps.accounts.services.second_factors import second_factor_reset
from apps.tenants.context import tenant_context
from apps.tenants.selectors import organization_by_slug


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("slug", help="The organization's short name.")
        parser.add_argument("email", help="The person's address.")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_by_slug(options["slug"])
        if organization is None:
            raise CommandError("There is no such organization.")
        try:
            with tenant_context(organization):
                second_factor_reset(email=options["email"], now=timezone.now())
        except UserNotFound as error:
            raise CommandError("There is no such user.") from error
        except SecondFactorNotFound as error:
            raise CommandError("They have no second factor.") from error
        self.stdout.write(f"{options['email']} signs in with the password alone.")
