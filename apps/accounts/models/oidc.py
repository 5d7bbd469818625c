"""Signing in with accounts of another system: an organization's issuer, and who is known there as whom."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.user import User
from apps.tenants.models import TenantModel

ADDRESS_LENGTH, NAME_LENGTH, MOST_MAPPED, MOST_DOMAINS = 500, 255, 100, 100


class OidcSettings(TenantModel):
    """The organization's OpenID Connect issuer; no row means that people sign in with passwords alone.

    ``client_secret`` is sealed. Endpoints are what the issuer said of itself when these settings were saved; its keys
    are looked at again and again.
    """

    issuer = models.CharField(_("issuer"), max_length=ADDRESS_LENGTH)
    audience = models.CharField(_("audience"), max_length=NAME_LENGTH)
    client_id = models.CharField(_("client id"), max_length=NAME_LENGTH, blank=True)
    client_secret = models.BinaryField(_("client secret"), null=True)
    role_claim = models.CharField(_("claim with roles"), max_length=100, default="roles")
    role_mapping = models.JSONField(_("roles by claim"), default=dict, blank=True)
    default_role = models.CharField(_("role otherwise"), max_length=60, default="viewer")
    allowed_domains = ArrayField(
        models.CharField(max_length=253), default=list, blank=True, verbose_name=_("domains of addresses")
    )
    local_sign_in = models.BooleanField(_("passwords work too"), default=True)
    authorization_endpoint = models.CharField(_("address of sign-in"), max_length=ADDRESS_LENGTH, blank=True)
    token_endpoint = models.CharField(_("address of tokens"), max_length=ADDRESS_LENGTH, blank=True)
    token_auth_methods = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, verbose_name=_("ways to prove who asks for tokens")
    )
    jwks_uri = models.CharField(_("address of keys"), max_length=ADDRESS_LENGTH)
    keys = models.JSONField(_("keys"), default=list)
    keys_fetched_at = models.DateTimeField(_("keys looked at"))
    # So that there is one row at most.
    is_only = models.BooleanField(_("the only one"), default=True, unique=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=now, editable=False)

    blank_in_archives: ClassVar[frozenset[str]] = frozenset({"client_secret"})
    etag_ignores: ClassVar[frozenset[str]] = frozenset({"keys", "keys_fetched_at", "updated_at"})

    class Meta:
        verbose_name = _("sign-in with another system")
        verbose_name_plural = _("sign-in with another system")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(is_only=True), name="oidc_settings_only_row"),
            models.CheckConstraint(
                condition=Q(local_sign_in=True) | ~Q(client_id=""), name="oidc_settings_some_way_in"
            ),
        ]

    def __str__(self) -> str:
        return self.issuer

    @property
    def takes_browsers(self) -> bool:
        """Whether people can sign in there with a browser, and not only programs with tokens."""
        return bool(self.client_id and self.authorization_endpoint and self.token_endpoint)


class OidcIdentity(TenantModel):
    """Who somebody is to an issuer: its ``sub``, which is theirs for ever, where addresses change hands."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="oidc_identity", verbose_name=_("user"))
    issuer = models.CharField(_("issuer"), max_length=ADDRESS_LENGTH)
    subject = models.CharField(_("name at the issuer"), max_length=NAME_LENGTH)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("account at an issuer")
        verbose_name_plural = _("accounts at issuers")
        constraints: ClassVar = [models.UniqueConstraint(fields=["issuer", "subject"], name="oidc_identity_unique")]

    def __str__(self) -> str:
        return self.subject
