"""Signs access tokens with a new key from now on; tokens of the old ones work until they expire."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.accounts.services.signing_keys import signing_key_rotate


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--at-once",
            action="store_true",
            help="End the old keys now, because somebody else may know one; everybody's client then refreshes.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        made = signing_key_rotate(at_once=options["at_once"], now=timezone.now())
        self.stdout.write(f"{made.kid} signs from now on.")
