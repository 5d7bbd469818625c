"""The last of all apps."""

from __future__ import annotations

from django.apps import AppConfig

from config.memory import garbage_from_here


class Started(AppConfig):
    """When it is ready all others are: the one moment that every process of Django comes by, whatever started it."""

    name = "config"

    def ready(self) -> None:
        garbage_from_here()
