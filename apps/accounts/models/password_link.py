"""Links that let somebody set a password."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.user import User
from apps.tenants.models import TenantModel


class LinkPurpose(models.TextChoices):
    INVITATION = "invitation", _("invitation")
    RESET = "reset", _("new password")


class PasswordLink(TenantModel):
    """Lets a person set a password, once; the token in it is stored as a hash. A person has one for each purpose."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="password_links", db_index=False, verbose_name=_("user")
    )
    purpose = models.CharField(_("purpose"), max_length=10, choices=LinkPurpose)
    token_hash = models.CharField(_("hash of the token"), max_length=64)
    expires_at = models.DateTimeField(_("expires"))

    in_archives: ClassVar[bool] = False

    class Meta:
        ordering = ("-id",)
        verbose_name = _("password link")
        verbose_name_plural = _("password links")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "purpose"], name="password_link_one_each"),
            models.UniqueConstraint(fields=["token_hash"], name="password_link_unique"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
