"""Public schema: organizations, their hosts, the directory of addresses, prepared schemas."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from apps.common.models import BaseModel
from apps.tenants.guard import GuardedModel


class TenantModel(GuardedModel, BaseModel):
    """Base of every model that lives in an organization's schema."""

    database_rights: ClassVar[str] = "SELECT, INSERT, UPDATE, DELETE"
    """What the organization's PostgreSQL role may do with the table; a ledger, say, allows no UPDATE."""

    class Meta:
        abstract = True


class MigrationState(models.TextChoices):
    CURRENT = "current", _("current")
    FAILED = "failed", _("failed")


class Organization(TenantMixin, BaseModel):  # type: ignore[misc,django-manager-missing]  # untyped library
    """A tenant: its schema, its name and whether it may be used."""

    auto_create_schema = False  # schemas come from provisioning, in its own transaction

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=63, unique=True)
    plan = models.CharField(_("plan"), max_length=40, default="standard")
    is_active = models.BooleanField(_("active"), default=True)
    schema_version = models.CharField(_("schema version"), max_length=64, blank=True, editable=False)
    migration_state = models.CharField(
        _("migration state"), max_length=10, choices=MigrationState, default=MigrationState.CURRENT, editable=False
    )
    migration_error = models.TextField(_("migration error"), blank=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ("name",)
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        indexes: ClassVar = [models.Index(fields=["schema_version"])]

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):  # type: ignore[misc]  # untyped library
    """A host name that leads to one organization."""

    tenant = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="domains", verbose_name=_("organization")
    )

    class Meta:
        ordering = ("domain",)
        verbose_name = _("host")
        verbose_name_plural = _("hosts")

    def __str__(self) -> str:
        return str(self.domain)


class DirectoryEntry(BaseModel):
    """Which organizations know an e-mail address; the address itself is only there as a keyed hash."""

    address_hash = models.CharField(_("hash of the address"), max_length=64, db_index=True)
    schema_name = models.CharField(_("schema"), max_length=63)

    class Meta:
        verbose_name = _("directory entry")
        verbose_name_plural = _("directory")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["address_hash", "schema_name"], name="directory_entry_unique")
        ]

    def __str__(self) -> str:
        return f"{self.address_hash[:8]}… in {self.schema_name}"


class SchemaTemplate(BaseModel):
    """The SQL that makes a new schema, recorded from the real migrations, for one set of migrations."""

    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True)
    statements = ArrayField(models.TextField())

    class Meta:
        ordering = ("-created_at",)
        verbose_name = _("template of schemas")
        verbose_name_plural = _("templates of schemas")

    def __str__(self) -> str:
        return self.fingerprint[:12]


class SpareSchema(BaseModel):
    """A schema made beforehand, waiting for an organization."""

    schema_name = models.CharField(_("schema"), max_length=63, unique=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)

    class Meta:
        ordering = ("created_at",)
        verbose_name = _("spare schema")
        verbose_name_plural = _("spare schemas")

    def __str__(self) -> str:
        return self.schema_name
