"""Retention: what is older than kept goes, each removal stands in the ledger, and nothing that runs is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import structlog
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from apps.accounts.permissions import require
from apps.common.actor import Actor
from apps.common.changes import assign, check_fields
from apps.common.etags import check_match
from apps.common.ids import uuid7
from apps.events.services import record
from apps.executions.errors import RetentionOrder
from apps.executions.models import Artifact, Execution, LogChunk, Retention
from apps.executions.selectors import GAP_REASON, retention_current
from apps.executions.services.artifacts import files_delete_after_commit
from apps.tenants.context import require_tenant, tenant_context
from apps.tenants.selectors import organizations_all

logger = structlog.get_logger(__name__)
BATCH = 200
MANAGE = "settings.manage"
DAYS = ("runs_days", "logs_days", "artifacts_days")


@dataclass(slots=True)
class Removed:
    """What went, or would go: executions with all they left, and logs and artifacts of executions that stay."""

    organization: str
    executions: int = 0
    logs: int = 0
    artifacts: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Doomed:
    """What is older than kept."""

    executions: QuerySet[Execution]
    with_log: QuerySet[Execution]
    with_artifacts: QuerySet[Execution]

    @classmethod
    def of(cls, keep: Retention, now: datetime) -> Self:
        def finished_before(days: int) -> Q:
            return Q(finished_at__lt=now - timedelta(days=days))

        executions = Execution.objects.filter(finished_before(keep.runs_days))
        kept = Execution.objects.exclude(finished_before(keep.runs_days))
        chunks = LogChunk.objects.filter(execution=OuterRef("pk")).exclude(gap_reason=GAP_REASON)
        return cls(
            executions=executions,
            with_log=kept.filter(finished_before(keep.logs_days), Exists(chunks)),
            with_artifacts=kept.filter(
                finished_before(keep.artifacts_days), Exists(Artifact.objects.filter(execution=OuterRef("pk")))
            ),
        )


def retention_update(
    *, actor: Actor, changes: Mapping[str, int], if_match: str | None = None, now: datetime
) -> Retention:
    """Changes how many days runs, logs and artifacts are kept, from the next pruning on [settings.manage].

    Raises ``PermissionDenied``, ``InvalidInput`` for days out of range, ``RetentionOrder`` where logs or artifacts
    would be kept longer than the runs they go with, ``PreconditionFailed``.
    """
    require(actor, MANAGE)
    with transaction.atomic():
        Retention.objects.bulk_create([Retention(created_at=now, updated_at=now)], ignore_conflicts=True)
        row = Retention.objects.select_for_update().get()
        check_match(row, if_match)
        changed = assign(row, {name: changes[name] for name in DAYS if name in changes})
        if changed:
            check_fields(row, changed)
            _require_order(row)
            row.updated_at = now
            row.save(update_fields=[*changed, "updated_at"])
            facts = {"changed": changed} | {name: getattr(row, name) for name in DAYS}
            record("retention.updated", actor=actor, subject=row, data=facts, now=now)
    return row


def _require_order(row: Retention) -> None:
    longer = [name for name in DAYS if getattr(row, name) > row.runs_days]
    if longer:
        raise RetentionOrder(errors={name: [RetentionOrder.message] for name in longer})


def retention_apply(*, now: datetime, slug: str | None = None, dry_run: bool = False) -> list[Removed]:
    """Prunes every organization, or the one with this slug, of what it keeps no longer; ``dry_run`` only tells.

    No actor: time does it; the ledger names ``retention``. Running twice at once does no harm.
    """
    removed = []
    for organization in organizations_all():
        if slug in {None, organization.slug}:
            try:
                with tenant_context(organization):
                    found = executions_prune(keep=retention_current(), now=now, dry_run=dry_run)
            except Exception:  # one organization's trouble must not keep the others' rows for ever
                logger.exception("organization_not_pruned", organization=organization.slug)
                continue
            found.organization = organization.slug
            removed.append(found)
    return removed


def executions_prune(*, keep: Retention, now: datetime, dry_run: bool = False) -> Removed:
    """Prunes the current organization: whole executions, then logs and artifacts of younger ones.

    No actor: time does it; the ledger names ``retention``.
    """
    doomed = _Doomed.of(keep, now)
    if dry_run:
        return _counted(doomed)
    removed = Removed(organization=require_tenant())
    _in_batches(doomed.executions, lambda batch: _remove_executions(batch, removed, now))
    _in_batches(doomed.with_log, lambda batch: _remove_logs(batch, removed, now))
    _in_batches(doomed.with_artifacts, lambda batch: _remove_artifacts(batch, removed, now))
    return removed


def _counted(doomed: _Doomed) -> Removed:
    files = Artifact.objects.filter(Q(execution__in=doomed.executions) | Q(execution__in=doomed.with_artifacts))
    kept = files.aggregate(count=Count("id"), size=Sum("size"))
    return Removed(
        organization=require_tenant(),
        executions=doomed.executions.count(),
        logs=doomed.with_log.count(),
        artifacts=kept["count"],
        bytes=kept["size"] or 0,
    )


def _in_batches(doomed: QuerySet[Execution], remove: Callable[[list[Execution]], None]) -> None:
    while True:
        with transaction.atomic():
            batch = list(doomed.select_for_update(skip_locked=True, of=("self",)).order_by("finished_at")[:BATCH])
            if not batch:
                return
            remove(batch)


def _remove_executions(batch: list[Execution], removed: Removed, now: datetime) -> None:
    for execution in batch:
        _record("execution.pruned", execution, now)
    _drop_artifacts(batch, removed)
    LogChunk.objects.filter(execution__in=batch).delete()
    Execution.objects.filter(pk__in=[execution.pk for execution in batch]).delete()
    removed.executions += len(batch)


def _remove_logs(batch: list[Execution], removed: Removed, now: datetime) -> None:
    """A gap over the whole log takes its place, so that readers are told and numbers still hold."""
    LogChunk.objects.filter(execution__in=batch).delete()
    LogChunk.objects.bulk_create(
        LogChunk(
            id=uuid7(),
            created_at=now,
            execution=execution,
            first_seq=1,
            last_seq=execution.last_seq,
            gap_reason=GAP_REASON,
        )
        for execution in batch
    )
    Execution.objects.filter(pk__in=[execution.pk for execution in batch]).update(log_truncated=True)
    for execution in batch:
        _record("execution.log_pruned", execution, now)
    removed.logs += len(batch)


def _remove_artifacts(batch: list[Execution], removed: Removed, now: datetime) -> None:
    for execution in batch:
        _record("execution.artifacts_pruned", execution, now)
    _drop_artifacts(batch, removed)


def _drop_artifacts(batch: list[Execution], removed: Removed) -> None:
    artifacts = Artifact.objects.filter(execution__in=batch)
    files = list(artifacts.values_list("storage_name", "size"))
    artifacts.delete()
    files_delete_after_commit(name for name, _size in files)
    removed.artifacts += len(files)
    removed.bytes += sum(size for _name, size in files)


def _record(event: str, execution: Execution, now: datetime) -> None:
    finished = execution.finished_at.isoformat() if execution.finished_at else None
    data = {"kind": execution.kind, "status": execution.status, "finished_at": finished, "lines": execution.last_seq}
    record(event, actor=Actor.system("retention", schema=require_tenant()), subject=execution, data=data, now=now)
