"""Keys for programs."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.user import User
from apps.tenants.models import TenantModel


class ApiKey(TenantModel):
    """A key for programs: holds what both it and its maker hold now. Only its hash is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("made by"))
    name = models.CharField(_("name"), max_length=120)
    prefix = models.CharField(_("prefix"), max_length=40)
    secret_hash = models.CharField(_("hash of the secret"), max_length=64)
    permissions = ArrayField(models.CharField(max_length=60), verbose_name=_("permissions"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)

    in_archives: ClassVar[bool] = False

    class Meta:
        ordering = ("-created_at",)
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints: ClassVar = [models.UniqueConstraint(fields=["prefix"], name="api_key_unique")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"
