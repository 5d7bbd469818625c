"""A robot offered through a form, and every form it ever had."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.made_by import CreatedBy
from apps.portal.models.domain import Domain
from apps.robots.models import Robot, RobotVersion
from apps.tenants.models import TenantModel

SERVICE_ACTIONS = ("service.read", "service.run", "service.manage")


class Service(TenantModel):
    """What people run in the portal. ``revision`` is the number of its newest revision."""

    tags_count: ClassVar[bool] = True

    domain = models.ForeignKey(
        Domain, on_delete=models.PROTECT, related_name="services", db_index=False, verbose_name=_("domain")
    )
    robot = models.ForeignKey(Robot, on_delete=models.PROTECT, related_name="services", verbose_name=_("robot"))
    title = models.CharField(_("title"), max_length=200, validators=[MinLengthValidator(2)])
    description = models.TextField(_("description"), blank=True)
    icon = models.CharField(_("icon"), max_length=120, blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    default_version = models.ForeignKey(
        RobotVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("version"),
    )
    form_schema_json = models.JSONField(_("form"), default=dict, blank=True)
    run_template_json = models.JSONField(_("run template"), default=dict, blank=True)
    confirmation_text = models.TextField(_("confirmation"), blank=True)
    expected_minutes = models.PositiveIntegerField(_("expected minutes"), null=True, blank=True)
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    created_by = CreatedBy(editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ("title", "id")
        verbose_name = _("service")
        verbose_name_plural = _("services")
        permissions: ClassVar = [(action, action) for action in SERVICE_ACTIONS]
        constraints: ClassVar = [
            models.UniqueConstraint("domain", Lower("title"), name="service_title_unique"),
            models.CheckConstraint(
                condition=Q(expected_minutes=None) | Q(expected_minutes__gte=1), name="service_expected_minutes"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def granted_by(self) -> tuple[models.Model, ...]:
        """What a grant of ``service.*`` may stand on beside the service: its domain, and a tag of its robot."""
        return self.domain, self.robot

    def content(self) -> dict[str, Any]:
        """What a revision keeps: everything that decides what a run of this service does and how it is shown."""
        return {
            "domain_id": str(self.domain_id),
            "robot_id": str(self.robot_id),
            "title": self.title,
            "description": self.description,
            "icon": self.icon,
            "enabled": self.enabled,
            "default_version_id": None if self.default_version_id is None else str(self.default_version_id),
            "form_schema_json": self.form_schema_json,
            "run_template_json": self.run_template_json,
            "confirmation_text": self.confirmation_text,
            "expected_minutes": self.expected_minutes,
        }


class ServiceRevision(TenantModel):
    """A service as it stood after one save. Rows are only added; a run names the revision it was made from."""

    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="revisions", db_index=False, verbose_name=_("service")
    )
    number = models.PositiveIntegerField(_("number"))
    content = models.JSONField(_("content"))
    created_by = CreatedBy()

    class Meta:
        ordering = ("service", "-number")
        verbose_name = _("service revision")
        verbose_name_plural = _("service revisions")
        constraints: ClassVar = [models.UniqueConstraint(fields=["service", "number"], name="service_revision_unique")]

    def __str__(self) -> str:
        return f"{self.service_id} r{self.number}"
