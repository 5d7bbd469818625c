"""Public schema: organizations, their hosts and settings, the directory of addresses, prepared schemas."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from apps.common.models import BaseModel
from apps.tenants.calendars import HolidayCalendar
from apps.tenants.guard import GuardedModel
from apps.tenants.validators import country_validate, line_validate, logo_validate, zone_validate

COLOR = r"^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})\Z"
DEFAULT_LABELS = {
    "resource_singular": gettext_noop("Resource"),
    "resource_plural": gettext_noop("Resources"),
    "booking_label": gettext_noop("Booking"),
    "user_label": gettext_noop("User"),
}
LABEL_LENGTH, HOLIDAY_LENGTH, MOST_HOLIDAYS = 60, 120, 200


class TenantModel(GuardedModel, BaseModel):
    """Base of every model that lives in an organization's schema."""

    database_rights: ClassVar[str] = "SELECT, INSERT, UPDATE, DELETE"
    """What the organization's PostgreSQL role may do with the table; a ledger, say, allows no UPDATE."""

    in_archives: ClassVar[bool] = True
    """Whether its rows mean anything outside the installation they were made in."""
    blank_in_archives: ClassVar[frozenset[str]] = frozenset()
    """Columns that are left empty in archives: what they hold can be read only here."""

    class Meta:
        abstract = True


class MigrationState(models.TextChoices):
    CURRENT = "current", _("current")
    FAILED = "failed", _("failed")


class Organization(TenantMixin, BaseModel):  # type: ignore[misc,django-manager-missing]  # untyped library
    """A tenant: its schema, its name and whether it may be used."""

    auto_create_schema = False  # schemas come from provisioning, in its own transaction

    name = models.CharField(_("name"), max_length=200, validators=[line_validate])
    slug = models.SlugField(_("slug"), max_length=63, unique=True)
    plan = models.CharField(_("plan"), max_length=40, default="standard")
    logo_url = models.CharField(
        _("logo"),
        max_length=500,
        null=True,
        blank=True,
        validators=[logo_validate],
        help_text=_("https, or a path on the organization's own host."),
    )
    theme_primary_color = models.CharField(
        _("colour"),
        max_length=7,
        null=True,
        blank=True,
        validators=[RegexValidator(COLOR, _("A colour is # and 3 or 6 hexadecimal digits."))],
        help_text=_("# and 3 or 6 hexadecimal digits."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    suspended_at = models.DateTimeField(_("suspended"), null=True, editable=False)
    schema_version = models.CharField(_("schema version"), max_length=64, blank=True, editable=False)
    migration_state = models.CharField(
        _("migration state"), max_length=10, choices=MigrationState, default=MigrationState.CURRENT, editable=False
    )
    migration_error = models.TextField(_("migration error"), blank=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    etag_ignores = frozenset({"schema_version", "migration_state", "migration_error"})  # deployments move them

    class Meta:
        ordering = ("name",)
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        indexes: ClassVar = [models.Index(fields=["schema_version"])]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(theme_primary_color__regex=COLOR), name="organization_color"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def purge_at(self) -> datetime:
        """From when on it can be purged, once it is suspended: ORGANIZATION_PURGE_DAYS later."""
        since: datetime = self.suspended_at or self.updated_at
        return since + timedelta(days=settings.ENV.organization_purge_days)

    @property
    def settings(self) -> OrganizationSettings:
        """What it has set; the defaults where it never did, and has no row."""
        try:
            return self.stored_settings
        except OrganizationSettings.DoesNotExist:
            return OrganizationSettings(organization=self)


class OrganizationSettings(BaseModel):
    """The rules an organization works by. No row means the defaults; the first change makes one.

    ``custom_labels`` holds what was renamed, by key; ``holidays`` its own days of rest, as ``{date, name}`` in order.
    """

    organization = models.OneToOneField(
        Organization,
        to_field="schema_name",
        db_column="schema_name",  # what the row rules of `public` go by
        on_delete=models.CASCADE,
        related_name="stored_settings",
        verbose_name=_("organization"),
    )
    business_type = models.CharField(_("kind of business"), max_length=60, blank=True, validators=[line_validate])
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[zone_validate])
    working_hours_start = models.TimeField(_("work begins"), default=time(8))
    working_hours_end = models.TimeField(_("work ends"), default=time(18))
    booking_interval = models.PositiveSmallIntegerField(
        _("minutes of a slot"), default=30, validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    advance_booking_days = models.PositiveSmallIntegerField(
        _("days one may book ahead"), default=30, validators=[MaxValueValidator(365)]
    )
    cancellation_hours = models.PositiveSmallIntegerField(
        _("hours before which one may cancel"), default=24, validators=[MaxValueValidator(168)]
    )
    custom_labels = models.JSONField(_("labels"), default=dict, blank=True)
    holidays = models.JSONField(_("own holidays"), default=list, blank=True)
    holiday_country = models.CharField(_("public holidays of"), max_length=2, blank=True, validators=[country_validate])
    require_second_factor = models.BooleanField(
        _("administrators sign in with a second factor"), default=False, db_default=False
    )
    support_access = models.BooleanField(
        _("the platform's support may be let in"),
        default=True,
        db_default=True,
        help_text=_("Who runs the platform may then come in for a while, with a reason that stands here. Off ends it."),
    )
    updated_at = models.DateTimeField(_("changed"), default=now, editable=False)

    etag_ignores = frozenset({"id", "created_at", "updated_at"})  # defaults have a tag too, and it must not move

    class Meta:
        ordering = ("organization",)
        verbose_name = _("settings of an organization")
        verbose_name_plural = _("settings of organizations")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(working_hours_start__lt=F("working_hours_end")), name="settings_hours_in_order"
            ),
            models.CheckConstraint(
                condition=Q(booking_interval__range=(5, 480))
                & Q(advance_booking_days__range=(0, 365))
                & Q(cancellation_hours__range=(0, 168)),
                name="settings_in_range",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Settings")

    def clean(self) -> None:
        if self.working_hours_start >= self.working_hours_end:
            raise ValidationError({"working_hours_end": _("Work must end after it begins.")})

    @property
    def labels(self) -> dict[str, str]:
        """The organization's words for things: its own, else ours."""
        return {**DEFAULT_LABELS, **self.custom_labels}

    @property
    def calendar(self) -> HolidayCalendar:
        """Its days of rest: its own, and those of its country."""
        own = {date.fromisoformat(entry["date"]): entry["name"] for entry in self.holidays}
        return HolidayCalendar(own, self.holiday_country)


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


class PurgeCertificate(BaseModel):
    """That an organization is gone, and what went with it: counts and names of tables, nothing of what stood in them.

    ``digest`` is the SHA-256 of ``document`` as it is downloaded. Rows are only added; ``files_removed_at`` is noted
    once, when the storage has given up the last file.
    """

    organization_id = models.UUIDField(_("organization"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    slug = models.CharField(_("slug"), max_length=63)
    schema_name = models.CharField(_("schema"), max_length=63, db_column="purged_schema")
    document = models.JSONField(_("document"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    files_removed_at = models.DateTimeField(_("files removed"), null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("certificate of a purge")
        verbose_name_plural = _("certificates of purges")

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"


class SupportGrant(BaseModel):
    """That somebody who runs the platform may enter one organization, for a reason and until a time.

    Organizations see their own, and can end them; only the platform adds any. What opens the door is there as a hash.
    """

    organization = models.ForeignKey(
        Organization,
        to_field="schema_name",
        db_column="schema_name",  # what the row rules of `public` go by
        on_delete=models.CASCADE,
        related_name="support_grants",
        db_index=False,
        verbose_name=_("organization"),
    )
    person_id = models.UUIDField(_("id of who asked"), editable=False)
    person = models.CharField(_("who asked"), max_length=254, editable=False)
    reason = models.CharField(_("reason"), max_length=300, validators=[line_validate])
    expires_at = models.DateTimeField(_("expires"), editable=False)
    entered_at = models.DateTimeField(_("entered"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    ended_by = models.CharField(_("ended by"), max_length=254, blank=True, editable=False)
    token_hash = models.CharField(_("hash of the token"), max_length=64, null=True, unique=True, editable=False)
    ticket_hash = models.CharField(_("hash of the ticket"), max_length=64, null=True, unique=True, editable=False)
    ticket_until = models.DateTimeField(_("the ticket's end"), null=True, editable=False)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("support access")
        verbose_name_plural = _("support access")
        indexes: ClassVar = [models.Index(fields=["organization", "expires_at"])]

    def __str__(self) -> str:
        return f"{self.person}: {self.reason}"

    def is_live(self, at: datetime) -> bool:
        """Whether it may be entered, or is."""
        return self.ended_at is None and at < self.expires_at


class DirectoryEntry(BaseModel):
    """Which organizations know an e-mail address; the address itself is only there as a keyed hash."""

    address_hash = models.CharField(_("hash of the address"), max_length=64)
    schema_name = models.CharField(_("schema"), max_length=63)

    class Meta:
        verbose_name = _("directory entry")
        verbose_name_plural = _("directory")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["address_hash", "schema_name"], name="directory_entry_unique")
        ]

    def __str__(self) -> str:
        return f"{self.address_hash[:8]}… · {self.schema_name}"


class SigningKey(BaseModel):
    """A key of access tokens, sealed; one signs, others verify for a while yet. No row: those of ``JWT_KEYS`` do."""

    kid = models.CharField(_("name"), max_length=100, unique=True)
    sealed = models.BinaryField(_("sealed key"))
    signs = models.BooleanField(_("signs"))
    verifies_until = models.DateTimeField(_("verifies until"), null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["signs"], condition=Q(signs=True), name="signing_key_one_signs"),
            models.CheckConstraint(
                condition=Q(signs=True, verifies_until=None) | Q(signs=False, verifies_until__isnull=False),
                name="signing_key_signs_or_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.kid


class SchemaTemplate(BaseModel):
    """The SQL that makes a new schema, recorded from the real migrations, for one set of migrations."""

    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True)
    statements = ArrayField(models.TextField(), verbose_name=_("statements"))

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
