"""What every model of ours shares, and the answers kept for idempotency keys."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.ids import uuid7


class BaseModel(models.Model):
    """A UUIDv7 key and the moment the row was made."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False, db_index=False)

    class Meta:
        abstract = True


class IdempotencyRecords(models.Manager["IdempotencyRecord"]):
    """A class of its own, so that tenancy, which stands above, can guard its querysets."""


class IdempotencyRecord(BaseModel):
    """A successful answer, sealed, for who asks again with the same ``Idempotency-Key``."""

    digest = models.CharField(_("key"), max_length=64, editable=False)
    request_digest = models.CharField(_("request"), max_length=64, editable=False)
    answer = models.BinaryField(_("answer"))
    expires_at = models.DateTimeField(_("expires"), db_index=True, editable=False)

    in_archives: ClassVar[bool] = False

    objects: ClassVar[IdempotencyRecords] = IdempotencyRecords()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("idempotency record")
        verbose_name_plural = _("idempotency records")
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["digest"], name="idempotency_record_unique")]

    def __str__(self) -> str:
        return self.digest[:12]
