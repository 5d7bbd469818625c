"""People, their sessions, keys and grants; each organization has its own."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.tenants.guard import TenantQuerySet
from apps.tenants.models import TenantModel


class Role(TenantModel):
    """A named set of actions. Built-in ones are kept equal to :mod:`apps.accounts.roles`.

    Each stands beside a Django group of the same name, so that admin and guardian know it too.
    """

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    actions = ArrayField(models.CharField(max_length=60), default=list)
    built_in = models.BooleanField(_("built in"), default=False, editable=False)
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="role")

    class Meta:
        ordering = ("slug",)
        verbose_name = _("role")

    def __str__(self) -> str:
        return self.slug


class UserManager(BaseUserManager["User"].from_queryset(TenantQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)  # type: ignore[no-any-return]


class AuthSource(models.TextChoices):
    LOCAL = "local", _("password")
    OIDC = "oidc", "OIDC"
    AZURE_AD = "azure_ad", "Azure AD"


class User(TenantModel, AbstractBaseUser, PermissionsMixin):
    """A person in one organization."""

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=150)
    username = models.CharField(_("user name"), max_length=150, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    department = models.CharField(_("department"), max_length=120, blank=True)
    locale = models.CharField(_("language"), max_length=10, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="users", verbose_name=_("role"))
    is_active = models.BooleanField(_("active"), default=True)
    auth_source = models.CharField(max_length=10, choices=AuthSource, default=AuthSource.LOCAL, editable=False)
    failed_logins = models.PositiveSmallIntegerField(default=0, editable=False)
    locked_until = models.DateTimeField(null=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        ordering = ("email",)
        verbose_name = _("user")
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]
        permissions: ClassVar = [
            (action, action) for action in ("admin.manage", "audit.read", "settings.manage", "platform.manage")
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """Whoever is active may enter the back-office; each page there asks for its own right."""
        return self.is_active


class Session(TenantModel):
    """One sign-in on one device: the family of refresh tokens that came from it. Its id is the token's ``sid``."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    device = models.CharField(max_length=200, blank=True)
    ip = models.GenericIPAddressField(null=True)
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("-last_used_at",)
        indexes: ClassVar = [models.Index(fields=["user", "revoked_at"]), models.Index(fields=["expires_at"])]

    def __str__(self) -> str:
        return f"{self.user_id} {self.device}"


class RefreshToken(TenantModel):
    """A refresh token, stored as a hash; used ones stay until they expire, so that reuse is seen."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)


class ApiKey(TenantModel):
    """A key for programs: holds what both it and its maker hold now. Only its hash is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=120)
    prefix = models.CharField(_("prefix"), max_length=40, unique=True)
    secret_hash = models.CharField(max_length=64)
    permissions = ArrayField(models.CharField(max_length=60))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        verbose_name = _("API key")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class SocketTicket(TenantModel):
    """Lets one WebSocket in, once, within seconds; the ticket itself is stored as a hash."""

    token_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True)
    permissions = ArrayField(models.CharField(max_length=60), null=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.pk)


class TagGrant(TenantModel):
    """An action on every robot that carries a tag, for a user or a group."""

    action = models.CharField(max_length=60)
    scope_tag = models.CharField(max_length=60)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="tag_grants")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, null=True, related_name="tag_grants")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, group__isnull=True)
                | models.Q(user__isnull=True, group__isnull=False),
                name="tag_grant_one_holder",
            ),
            models.UniqueConstraint(
                fields=["action", "scope_tag", "user", "group"], nulls_distinct=False, name="tag_grant_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} #{self.scope_tag}"


