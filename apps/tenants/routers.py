"""The router Django asks before it reads, writes or relates: it stamps results and refuses what is another schema's."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django_tenants.routers import TenantSyncRouter

from apps.tenants.origin import CrossTenantError, Origin, check_instance, here, schema_of


@lru_cache(maxsize=256)
def lives_in_schemas(app_label: str) -> bool:
    """Whether an app's tables are in the organizations' schemas (and not only in ``public``)."""
    try:
        return apps.get_app_config(app_label).name in settings.TENANT_APPS
    except LookupError:
        return False


class TenantRouter(TenantSyncRouter):  # type: ignore[misc]  # untyped library
    """django-tenants' router says which tables belong where; this one also whose objects may be used now."""

    def _origin(self, model: type[models.Model], instance: models.Model | None) -> Origin | None:
        if not lives_in_schemas(model._meta.app_label):
            return None
        if instance is not None:
            check_instance(instance)
        return here()

    def db_for_read(self, model: type[models.Model], instance: models.Model | None = None, **_: Any) -> Origin | None:
        return self._origin(model, instance)

    def db_for_write(self, model: type[models.Model], instance: models.Model | None = None, **_: Any) -> Origin | None:
        return self._origin(model, instance)

    def allow_relation(self, first: models.Model, second: models.Model, **_: Any) -> bool | None:
        one, other = schema_of(first), schema_of(second)
        if one is not None and other is not None and one != other:
            raise CrossTenantError(type(second).__name__, other, one)
        return None
