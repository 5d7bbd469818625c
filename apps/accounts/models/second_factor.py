"""What somebody signs in with beside a password: a device that shows codes, and codes for the day it is lost."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.session import Session
from apps.accounts.models.user import User
from apps.tenants.models import TenantModel


class SecondFactor(TenantModel):
    """A person's device; it counts once a code of it was given. ``secret`` is sealed.

    ``last_step`` is the time step of the last code that was taken: no code works twice. Until it is confirmed the
    device belongs to the session that began with it.
    """

    in_archives = False  # sealed with SECRET_KEY

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor", verbose_name=_("user"))
    secret = models.BinaryField(_("secret"))
    session = models.ForeignKey(
        Session, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("session")
    )
    begun_at = models.DateTimeField(_("begun"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    last_step = models.BigIntegerField(_("step of the last code"), default=0)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def __str__(self) -> str:
        return str(self.pk)


class RecoveryCode(TenantModel):
    """Stands for a code of the device, once; stored as a hash, and gone when it was used."""

    in_archives = False  # of no use without the device

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes", verbose_name=_("user"))
    code_hash = models.CharField(_("hash of the code"), max_length=64)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints: ClassVar = [models.UniqueConstraint(fields=["code_hash"], name="recovery_code_unique")]

    def __str__(self) -> str:
        return str(self.pk)
