"""Makes an administrator of the platform; prints a generated password once, or takes one from standard input."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.accounts.services.platform import password_generate, platform_admin_create
from apps.common.errors import ApplicationError


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="address to sign in with, on the shared host")
        parser.add_argument("--name", default="Platform administrator")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from the first line of standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        given = options["password_stdin"]
        password = sys.stdin.readline().rstrip("\r\n") if given else password_generate()
        try:
            user = platform_admin_create(
                email=options["email"], name=options["name"], password=password, now=timezone.now()
            )
        except ApplicationError as error:
            texts = [str(text) for several in (error.errors or {}).values() for text in several]
            raise CommandError(" ".join([str(error.detail), *texts])) from error
        self.stdout.write(f"{user.email} administers the platform.")
        if not given:
            self.stdout.write(f"Password, shown this once: {password}")
