"""A shelf of the catalogue."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinLengthValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.tenants.models import TenantModel

SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
RESERVED_SLUGS = frozenset({"account", "docs", "runs", "services", "session"})
"""The first words of other addresses below ``/portal/``; a domain of such a name would not be found."""
DOMAIN_ACTIONS = ("service.read", "service.run", "service.manage")


class Domain(TenantModel):
    """A group of services, found by its slug. A grant on a domain covers the services in it."""

    name = models.CharField(_("name"), max_length=200, validators=[MinLengthValidator(2)])
    slug = models.CharField(_("slug"), max_length=120, validators=[MinLengthValidator(2), RegexValidator(SLUG)])
    description = models.TextField(_("description"), blank=True)
    icon = models.CharField(_("icon"), max_length=120, blank=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        permissions: ClassVar = [(action, action) for action in DOMAIN_ACTIONS]
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("name"), name="domain_name_unique"),
            models.UniqueConstraint(fields=["slug"], name="domain_slug_unique"),
            models.CheckConstraint(condition=models.Q(slug__regex=SLUG), name="domain_slug_words"),
        ]

    def __str__(self) -> str:
        return self.name
