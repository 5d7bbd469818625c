"""What keeps somebody signed in: sessions, their refresh tokens, and tickets for sockets."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.api_key import ApiKey
from apps.accounts.models.user import User
from apps.common.devices import device_text
from apps.tenants.models import TenantModel


class Session(TenantModel):
    """One sign-in on one device: the family of refresh tokens that came from it. Its id is the token's ``sid``.

    A token of the organization's own issuer is a session too, known by its hash, and lives as long as the token.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="sessions", db_index=False, verbose_name=_("user")
    )
    device = models.CharField(_("device"), max_length=200, blank=True)
    ip = models.GenericIPAddressField(_("address"), null=True)
    last_used_at = models.DateTimeField(_("last used"))
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    revoked_reason = models.CharField(_("reason"), max_length=40, blank=True)
    bearer_hash = models.CharField(_("hash of the issuer's token"), max_length=64, null=True, editable=False)

    in_archives: ClassVar[bool] = False

    class Meta:
        ordering = ("-last_used_at",)
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes: ClassVar = [models.Index(fields=["user", "revoked_at"])]
        constraints: ClassVar = [models.UniqueConstraint(fields=["bearer_hash"], name="session_bearer_unique")]

    def __str__(self) -> str:
        return f"{self.device or '?'} ({self.ip or '?'})"

    @staticmethod
    def label_told(label: str) -> str:
        """``Firefox on Windows (192.0.2.1)`` for what ``__str__`` once said of a session, which the ledger keeps."""
        device, _parting, address = label.rpartition(" (")
        return f"{device_text(device)} ({address}" if address.endswith(")") else device_text(label)


class RefreshToken(TenantModel):
    """A refresh token, stored as a hash; used ones stay until they expire, so that reuse is seen."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="tokens", verbose_name=_("session"))
    token_hash = models.CharField(_("hash of the token"), max_length=64)
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True)

    in_archives: ClassVar[bool] = False

    class Meta:
        ordering = ("-id",)
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")
        constraints: ClassVar = [models.UniqueConstraint(fields=["token_hash"], name="refresh_token_unique")]

    def __str__(self) -> str:
        return str(self.pk)


class SocketTicket(TenantModel):
    """Lets one WebSocket in, once, within seconds; the ticket itself is stored as a hash.

    It stands for the session or the API key that asked for it, and is worth nothing without that.
    """

    token_hash = models.CharField(_("hash of the token"), max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, verbose_name=_("user"))
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, verbose_name=_("session"))
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.CASCADE, null=True, db_index=False, verbose_name=_("API key")
    )  # keys are never deleted, so nothing looks for theirs
    expires_at = models.DateTimeField(_("expires"))

    in_archives: ClassVar[bool] = False

    class Meta:
        ordering = ("-id",)
        verbose_name = _("socket ticket")
        verbose_name_plural = _("socket tickets")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(session__isnull=False, api_key__isnull=True)
                | models.Q(session__isnull=True, api_key__isnull=False),
                name="socket_ticket_one_source",
            ),
            models.UniqueConstraint(fields=["token_hash"], name="socket_ticket_unique"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
