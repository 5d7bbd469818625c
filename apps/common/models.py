"""What every model of ours shares."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.common.ids import uuid7


class BaseModel(models.Model):
    """A UUIDv7 key and the moment the row was made."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=False)

    class Meta:
        abstract = True
