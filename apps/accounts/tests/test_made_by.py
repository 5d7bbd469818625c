"""Who made a row, as models say it once."""

from __future__ import annotations

from django.apps import apps
from django.db import models

from apps.accounts.models.made_by import CreatedBy


def test_it_works() -> None:
    """Migrations know no class of ours, so nothing of theirs changes with it."""
    _name, path, _positional, named = CreatedBy(editable=False).deconstruct()
    assert path == "django.db.models.ForeignKey"
    assert (named["to"], named["on_delete"], named["db_index"]) == ("accounts.user", models.PROTECT, False)


def test_every_model_says_it_so() -> None:
    fields = [field for model in apps.get_models() for field in model._meta.fields if field.name == "created_by"]
    assert len(fields) >= 5
    assert all(isinstance(field, CreatedBy) for field in fields)
