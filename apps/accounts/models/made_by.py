"""Who made a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from apps.accounts.models.user import User

    Maker = models.ForeignKey[User | None, User | None]
else:
    Maker = models.ForeignKey


class CreatedBy(Maker):
    """Who made a row, where somebody did. Nobody looks for it, and people are never deleted: it has no index.

    In migrations it stands as the foreign key that it is.
    """

    def __init__(self, **options: Any) -> None:
        given: dict[str, Any] = {
            "to": settings.AUTH_USER_MODEL,
            "on_delete": models.PROTECT,
            "null": True,
            "db_index": False,
        }
        super().__init__(**(given | {"verbose_name": _("created by")} | options))

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, positional, named = super().deconstruct()
        return name, "django.db.models.ForeignKey", positional, named
