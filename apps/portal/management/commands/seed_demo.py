"""Makes the demo organization and prints its accounts as JSON."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.portal.services.demo import demo_ensure


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        password = settings.ENV.demo_password
        if not password:
            raise CommandError("DEMO_PASSWORD is not set; it is the password of every account of the demo")
        demo = demo_ensure(password=password, now=timezone.now())
        people = [
            {"email": user.email, "password": password, "role": user.role.slug, "organization": demo.organization.slug}
            for user in demo.accounts.values()
        ]
        platform = demo.platform_admin
        told = {
            "platform": {
                "email": platform.email,
                "password": password,
                "role": platform.role.slug,
                "organization": "platform",
            },
            "accounts": people,
            "robot": {"id": str(demo.robot.pk), "name": demo.robot.name},
        }
        self.stdout.write(json.dumps(told))
