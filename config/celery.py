"""Celery carries doorbells only; what is to be done stands in PostgreSQL."""

from __future__ import annotations

import os

from tenant_schemas_celery.app import CeleryApp

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = CeleryApp("oficina")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
