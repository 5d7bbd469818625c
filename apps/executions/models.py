"""One engine for all work: what was accepted, how far it is, what it said and what it left."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from apps.executions.errors import RetentionOrder
from apps.tenants.models import TenantModel

MOST_DAYS = 3650


class Status(models.TextChoices):
    PENDING = "pending", _("waiting")
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    LOST = "lost", _("lost")


TERMINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.LOST})


class Execution(TenantModel):
    """One accepted piece of work. Whoever writes for it while it runs must hold its ``token``."""

    kind = models.CharField(_("kind"), max_length=40)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    queue = models.CharField(_("queue"), max_length=80)
    priority = models.SmallIntegerField(_("priority"), default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="executions",
        verbose_name=_("requested by"),
    )
    requested_by_label = models.CharField(_("requester"), max_length=254, blank=True)
    trace_id = models.CharField(_("trace"), max_length=128, blank=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    max_attempts = models.PositiveSmallIntegerField(_("attempts at most"), default=1)
    retry_backoff_seconds = models.PositiveIntegerField(_("seconds between attempts"), default=0)
    # Workers that took it and vanished before the process started. That costs no attempt, but it must end somewhere.
    false_starts = models.PositiveSmallIntegerField(_("false starts"), default=0)
    timeout_seconds = models.PositiveIntegerField(_("time limit"))
    token = models.UUIDField(_("token"), null=True)
    worker = models.CharField(_("worker"), max_length=200, blank=True)
    process_id = models.IntegerField(_("process"), null=True)
    process_started_at = models.DateTimeField(_("process started"), null=True)
    cancel_requested_at = models.DateTimeField(_("told to stop"), null=True)
    progress_done = models.BigIntegerField(_("progress so far"), null=True)
    progress_total = models.BigIntegerField(_("progress in all"), null=True)
    progress_message = models.CharField(_("message of progress"), max_length=500, blank=True)
    exit_code = models.IntegerField(_("exit code"), null=True)
    error_message = models.TextField(_("error"), blank=True)
    last_seq = models.BigIntegerField(_("last line"), default=0)
    log_truncated = models.BooleanField(_("log cut"), default=False)
    queued_at = models.DateTimeField(_("queued"))
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("execution")
        verbose_name_plural = _("executions")
        indexes: ClassVar = [
            models.Index(fields=["status", "id"]),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="execution_finished"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=sorted(TERMINAL), finished_at__isnull=False)
                | Q(status__in=[Status.PENDING, Status.RUNNING], finished_at=None),
                name="execution_finished_when_terminal",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.RUNNING) | Q(token__isnull=False), name="execution_running_has_token"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_finished(self) -> bool:
        return self.status in TERMINAL


def default_days() -> int:
    """Days that things are kept where the organization says nothing else."""
    return int(settings.ENV.retention_days)


def _days(label: Any) -> models.PositiveSmallIntegerField[int, int]:
    limits = [MinValueValidator(1), MaxValueValidator(MOST_DAYS)]
    return models.PositiveSmallIntegerField(label, default=default_days, validators=limits)


class Retention(TenantModel):
    """How many days finished executions, their logs and their artifacts are kept. No row means RETENTION_DAYS."""

    runs_days = _days(_("days runs are kept"))
    logs_days = _days(_("days logs are kept"))
    artifacts_days = _days(_("days artifacts are kept"))
    # So that there is one row at most.
    is_only = models.BooleanField(_("the only one"), default=True, unique=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=now, editable=False)

    etag_ignores = frozenset({"id", "created_at", "updated_at"})  # defaults have a tag too, and it must not move

    class Meta:
        verbose_name = _("retention")
        verbose_name_plural = _("retention")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(is_only=True), name="retention_only_row"),
            models.CheckConstraint(
                condition=Q(runs_days__range=(1, MOST_DAYS), logs_days__gte=1, artifacts_days__gte=1),
                name="retention_in_range",
            ),
            models.CheckConstraint(
                condition=Q(logs_days__lte=F("runs_days"), artifacts_days__lte=F("runs_days")),
                name="retention_order",
                violation_error_message=RetentionOrder.message,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.runs_days}/{self.logs_days}/{self.artifacts_days}"


class LogChunk(TenantModel):
    """Consecutive lines of one log, numbered from 1 without gaps; ``lines`` holds [timestamp, level, stream, message].

    ``timestamp`` is ISO 8601. A chunk with ``gap_reason`` holds no lines: storage cut ``first_seq`` to ``last_seq``
    out, and says why.
    """

    execution = models.ForeignKey(
        Execution, on_delete=models.CASCADE, related_name="chunks", db_index=False, verbose_name=_("execution")
    )
    first_seq = models.BigIntegerField(_("first line"))
    last_seq = models.BigIntegerField(_("last line"))
    lines = models.JSONField(_("lines"), default=list)
    gap_reason = models.CharField(_("why lines are missing"), max_length=80, blank=True)

    class Meta:
        ordering = ("execution", "first_seq")
        verbose_name = _("part of a log")
        verbose_name_plural = _("parts of logs")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["execution", "first_seq"], name="chunk_unique"),
            models.CheckConstraint(condition=Q(last_seq__gte=F("first_seq")), name="chunk_order"),
        ]

    def __str__(self) -> str:
        return f"{self.execution_id} {self.first_seq}-{self.last_seq}"


class Artifact(TenantModel):
    """A file that an execution left."""

    execution = models.ForeignKey(
        Execution, on_delete=models.CASCADE, related_name="artifacts", db_index=False, verbose_name=_("execution")
    )
    name = models.CharField(_("name"), max_length=255)
    content_type = models.CharField(_("media type"), max_length=120, default="application/octet-stream")
    size = models.BigIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    storage_name = models.CharField(_("name in the storage"), max_length=400)

    class Meta:
        ordering = ("name",)
        verbose_name = _("artifact")
        verbose_name_plural = _("artifacts")
        constraints: ClassVar = [models.UniqueConstraint(fields=["execution", "name"], name="artifact_unique")]
        indexes: ClassVar = [models.Index(fields=["storage_name"], name="artifact_storage")]

    def __str__(self) -> str:
        return self.name
