"""Rows of models that no specimen knows: made from their fields, so that a new model is watched from its first day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import DatabaseError, models, transaction
from django.utils import timezone

from apps.isolation.staging.furnishing import Shelf
from apps.tenants.routers import lives_in_schemas

TenantModelClass = type[models.Model]
UNUSED = {"guardian.UserObjectPermission", "guardian.GroupObjectPermission"}
"""Tables of libraries in whose place our own stand; they stay empty."""


def tenant_models() -> list[TenantModelClass]:
    """Every model whose table is in the organizations' schemas, third parties' included."""
    return [
        model
        for model in apps.get_models()
        if lives_in_schemas(model._meta.app_label) and model._meta.label not in UNUSED
    ]


def furnish_rest(shelf: Shelf) -> list[str]:
    """One row each of the models that have none in the current organization; returns those that could not be made."""
    failed = []
    for model in tenant_models():
        if model._default_manager.exists():
            continue
        try:
            with transaction.atomic():
                model(**dict(_values(model, shelf))).save(force_insert=True)
        except (DatabaseError, LookupError, TypeError, ValueError) as error:
            failed.append(f"{model._meta.label} has no row, and none could be made ({error}); give it a specimen")
    return failed


def _values(model: TenantModelClass, shelf: Shelf) -> Iterator[tuple[str, Any]]:
    for field in model._meta.concrete_fields:
        if isinstance(field, models.AutoField) or (field.primary_key and field.has_default()):
            continue
        if isinstance(field, models.ForeignKey):
            if not field.null or field.related_model is not model:
                yield field.attname, _related(field)
        elif field.has_default() and not isinstance(field, models.CharField | models.TextField | models.JSONField):
            continue
        else:
            yield field.attname, _value(field, shelf)


def _related(field: models.ForeignKey[Any, Any]) -> Any:
    found = field.related_model._default_manager.values_list("pk", flat=True).first()
    if found is None and not field.null:
        raise LookupError(f"{field.name}: no {field.related_model}")
    return found


def _value(field: models.Field[Any, Any], shelf: Shelf) -> Any:
    """Something that a column of this kind takes; the word wherever there is room for it."""
    if field.choices:
        return next(iter(field.flatchoices))[0]
    if isinstance(field, ArrayField):
        return [_value(field.base_field, shelf)]
    for kinds, value in (
        ((models.EmailField,), f"{shelf.word}@isolation.example"),
        ((models.URLField,), f"https://isolation.example/{shelf.word}"),
        ((models.GenericIPAddressField,), "127.0.0.1"),
        ((models.CharField, models.TextField), shelf.word[: field.max_length or None]),
        ((models.JSONField,), {"word": shelf.word}),
        ((models.BinaryField,), shelf.word.encode()),
        ((models.BooleanField,), False),
        ((models.DateTimeField,), timezone.now()),
        ((models.DateField,), timezone.now().date()),
        ((models.TimeField,), timezone.now().time()),
        ((models.DurationField,), timedelta(hours=1)),
        ((models.IntegerField, models.FloatField, models.DecimalField), 1),
    ):
        if isinstance(field, kinds):
            return value
    if field.null:
        return None
    raise TypeError(f"{field.name}: a column of a kind nobody knows here")
