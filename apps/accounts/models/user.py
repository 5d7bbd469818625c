"""People and what their roles let them do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.tenants.guard import TenantQuerySet
from apps.tenants.models import TenantModel
from apps.tenants.validators import line_validate, zone_validate


class Role(TenantModel):
    """A named set of actions. Built-in ones are kept equal to :mod:`apps.accounts.roles`.

    Each stands beside a Django group of the same name, so that admin and guardian know it too.
    """

    slug = models.SlugField(_("slug"), max_length=60)
    name = models.CharField(_("name"), max_length=80)
    actions = ArrayField(models.CharField(max_length=60), default=list, verbose_name=_("actions"))
    built_in = models.BooleanField(_("built in"), default=False, editable=False)
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="role", verbose_name=_("group"))

    class Meta:
        ordering = ("slug",)
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints: ClassVar = [models.UniqueConstraint(fields=["slug"], name="role_slug_unique")]

    def __str__(self) -> str:
        return self.slug

    @property
    def title(self) -> str:
        """What people call it, a built-in one in their own language."""
        return gettext(self.name) if self.built_in else self.name


class UserQuerySet(TenantQuerySet["User"]):
    """Users by address, which is one whatever its letters' case."""

    def of_address(self, email: str) -> Self:
        """Who has this address: none or one; the comparison is the unique index's own."""
        return self.alias(address=Lower("email")).filter(address=email.lower())

    def of_addresses(self, emails: Iterable[str]) -> Self:
        """Who has any of these."""
        return self.alias(address=Lower("email")).filter(address__in=[email.lower() for email in emails])


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]  # Django makes the class
    """Django's way to find users by what they sign in with."""

    def get_by_natural_key(self, username: str | None) -> User:
        found: User = self.of_address(username or "").get()
        return found


class AuthSource(models.TextChoices):
    LOCAL = "local", _("password")
    OIDC = "oidc", "OIDC"
    AZURE_AD = "azure_ad", "Azure AD"


class User(TenantModel, AbstractBaseUser, PermissionsMixin):
    """A person in one organization."""

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=150, validators=[line_validate])
    username = models.CharField(_("user name"), max_length=150, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    department = models.CharField(_("department"), max_length=120, blank=True)
    locale = models.CharField(_("language"), max_length=10, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[zone_validate])
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="users", verbose_name=_("role"))
    is_active = models.BooleanField(_("active"), default=True)
    auth_source = models.CharField(
        _("signs in by"), max_length=10, choices=AuthSource, default=AuthSource.LOCAL, editable=False
    )
    failed_logins = models.PositiveSmallIntegerField(_("failed sign-ins"), default=0, editable=False)
    locked_until = models.DateTimeField(_("locked until"), null=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    USERNAME_FIELD = "email"
    etag_ignores: ClassVar[frozenset[str]] = frozenset({"last_login", "failed_logins", "locked_until"})
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[Any] = UserManager()

    class Meta:
        ordering = ("email",)
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]
        # For lists of tens of thousands; what searches read, an index of trigrams, stands in the migration.
        indexes: ClassVar = [
            models.Index(fields=["email", "id"], name="user_by_email"),
            models.Index(fields=["name", "id"], name="user_by_name"),
            models.Index(fields=["created_at", "id"], name="user_by_age"),
        ]
        permissions: ClassVar = [
            (action, action) for action in ("admin.manage", "audit.read", "settings.manage", "platform.manage")
        ]  # about everybody, never about one person: see roles.ORGANIZATION_ACTIONS

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """As Django's and unfold's pages ask for it."""
        return self.name

    @property
    def is_staff(self) -> bool:
        """Whoever is active may enter the back-office; each page there asks for its own right."""
        return self.is_active
