"""Apps of Django that start in a manner of ours."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks

from config.memory import garbage_from_here


class BackOffice(SimpleAdminConfig):
    """Django's admin, whose pages are loaded by who shows or checks them: with the routes, or here.

    Workers, beat and most commands do neither, and pages bring along what shows and exports them.
    """

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_pages, checks.Tags.admin)


def check_pages(**options: Any) -> list[checks.CheckMessage]:
    """As Django checks the pages of all sites, once they are there: checks run in no order."""
    admin.autodiscover()
    return check_admin_app(**options)


class Started(AppConfig):
    """The last: when it is ready all others are. The one moment that every process of Django comes by."""

    name = "config"

    def ready(self) -> None:
        garbage_from_here()
