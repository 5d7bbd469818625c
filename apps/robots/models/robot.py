"""A robot and its immutable versions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.tenants.models import TenantModel

ROBOT_ACTIONS = ("robot.read", "robot.run", "robot.publish", "run.read", "run.cancel", "artifact.download")


class Robot(TenantModel):
    """A program that an organization publishes."""

    name = models.CharField(_("name"), max_length=200, validators=[MinLengthValidator(3)])
    description = models.TextField(_("description"), blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True, verbose_name=_("tags"))
    pool = models.SlugField(_("pool"), max_length=60, default="default")
    archived_at = models.DateTimeField(_("archived"), null=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    canary_version = models.ForeignKey(
        "RobotVersion", on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    canary_percent = models.PositiveSmallIntegerField(default=0, editable=False)
    canary_started_at = models.DateTimeField(null=True, editable=False)
    canary_note = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = _("robot")
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

    robot = models.ForeignKey(Robot, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(_("version"), max_length=100)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.STABLE)
    artifact_type = models.CharField(max_length=10)
    artifact_name = models.CharField(max_length=255)
    artifact_sha256 = models.CharField(max_length=64)
    artifact_size = models.BigIntegerField()
    storage_name = models.CharField(max_length=400)
    entrypoint_type = models.CharField(max_length=10, choices=EntrypointType, default=EntrypointType.PYTHON)
    entrypoint_path = models.CharField(max_length=400, default="main.py")
    arguments = models.JSONField(default=list)
    env_vars = models.JSONField(default=dict)
    required_env_keys = models.JSONField(default=list)
    working_directory = models.CharField(max_length=400, blank=True)
    changelog = models.TextField(blank=True)
    commit_sha = models.CharField(max_length=64, blank=True)
    branch = models.CharField(max_length=200, blank=True)
    build_url = models.URLField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    is_active = models.BooleanField(_("active"), default=False)
    release_tags = ArrayField(models.CharField(max_length=20), default=list)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("version")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["robot", "version"], name="version_unique"),
            models.UniqueConstraint(fields=["robot"], condition=Q(is_active=True), name="version_one_active"),
        ]
        indexes: ClassVar = [models.Index(fields=["storage_name"], name="version_storage")]

    def __str__(self) -> str:
        return f"{self.robot_id} {self.version}"
