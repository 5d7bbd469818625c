"""A robot and its immutable versions."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.accounts.models.made_by import CreatedBy
from apps.tenants.models import TenantModel

FOLDER = "packages"
"""Where packages lie in the storage of an organization."""
ROBOT_ACTIONS = ("robot.read", "robot.run", "robot.publish", "run.read", "run.cancel", "artifact.download")


class Robot(TenantModel):
    """A program that an organization publishes."""

    name = models.CharField(_("name"), max_length=200, validators=[MinLengthValidator(3)])
    description = models.TextField(_("description"), blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True, verbose_name=_("tags"))
    pool = models.SlugField(_("pool"), max_length=60, default="default", db_index=False)
    archived_at = models.DateTimeField(_("archived"), null=True, editable=False)
    created_by = CreatedBy(editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    canary_version = models.ForeignKey(
        "RobotVersion",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("canary"),
    )
    canary_percent = models.PositiveSmallIntegerField(_("percent to the canary"), default=0, editable=False)
    canary_started_at = models.DateTimeField(_("canary since"), null=True, editable=False)
    canary_note = models.CharField(_("note on the last canary"), max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = _("robot")
        verbose_name_plural = _("robots")
        permissions: ClassVar = [(action, action) for action in ROBOT_ACTIONS]
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("name"), condition=Q(archived_at=None), name="robot_name_unique"),
            models.CheckConstraint(condition=Q(canary_percent__lte=100), name="robot_canary_percent"),
        ]
        indexes: ClassVar = [GinIndex(fields=["tags"])]

    def __str__(self) -> str:
        return self.name


class Channel(models.TextChoices):
    STABLE = "stable", "stable"
    BETA = "beta", "beta"
    HOTFIX = "hotfix", "hotfix"


class EntrypointType(models.TextChoices):
    PYTHON = "PYTHON", "Python"
    EXE = "EXE", _("executable")
    SHELL = "SHELL", "shell"
    ROBOT = "ROBOT", "Robot Framework"


class RobotVersion(TenantModel):
    """One published package of a robot; nothing of it changes but which one is active."""

    robot = models.ForeignKey(
        Robot, on_delete=models.CASCADE, related_name="versions", db_index=False, verbose_name=_("robot")
    )
    version = models.CharField(_("version"), max_length=100)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.STABLE)
    artifact_type = models.CharField(_("type of artifact"), max_length=10)
    artifact_name = models.CharField(_("artifact"), max_length=255)
    artifact_sha256 = models.CharField(_("SHA-256"), max_length=64)
    artifact_size = models.BigIntegerField(_("size"))
    storage_name = models.CharField(_("name in the storage"), max_length=400)
    entrypoint_type = models.CharField(
        _("type of entrypoint"), max_length=10, choices=EntrypointType, default=EntrypointType.PYTHON
    )
    entrypoint_path = models.CharField(_("entrypoint"), max_length=400, default="main.py")
    arguments = models.JSONField(_("arguments"), default=list)
    env_vars = models.JSONField(_("environment"), default=dict)
    required_env_keys = models.JSONField(_("required variables"), default=list)
    working_directory = models.CharField(_("working directory"), max_length=400, blank=True)
    changelog = models.TextField(_("change log"), blank=True)
    commit_sha = models.CharField(_("commit"), max_length=64, blank=True)
    branch = models.CharField(_("branch"), max_length=200, blank=True)
    build_url = models.URLField(_("address of the build"), max_length=500, blank=True)
    created_by = CreatedBy()
    is_active = models.BooleanField(_("active"), default=False)
    release_tags = ArrayField(models.CharField(max_length=20), default=list, verbose_name=_("release tags"))

    class Meta:
        ordering = ("-id",)
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["robot", "version"], name="version_unique"),
            models.UniqueConstraint(fields=["robot"], condition=Q(is_active=True), name="version_one_active"),
        ]
        indexes: ClassVar = [models.Index(fields=["storage_name"], name="version_storage")]

    def __str__(self) -> str:
        return self.version
