from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.events.models import Event
from apps.executions.models import Artifact, Execution, LogChunk, Retention
from apps.executions.selectors import log_lines, retention_current
from apps.executions.services.retention import Removed, executions_prune, retention_apply
from apps.executions.tests.conftest import NOW, stored
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization

KEEP = Retention(runs_days=90, logs_days=30, artifacts_days=10)


def files(folder_storage: Path) -> int:
    return sum(path.is_file() for path in folder_storage.rglob("*"))


def test_it_works(aged: Any, folder_storage: Path, organization: Organization, committed: Any) -> None:
    old, young, running = aged(91), aged(1), aged(None)
    with committed():
        removed = executions_prune(keep=KEEP, now=NOW)
    assert removed == Removed(organization.schema_name, executions=1, logs=0, artifacts=1, bytes=5)
    assert set(Execution.objects.values_list("pk", flat=True)) == {young.execution_id, running.execution_id}
    assert not LogChunk.objects.filter(execution_id=old.execution_id).exists()
    assert files(folder_storage) == 2
    event = Event.objects.get(name="execution.pruned")
    assert (event.subject_id, event.actor_label, event.data["lines"]) == (str(old.execution_id), "retention", 2)


def test_logs_and_artifacts_may_go_earlier(aged: Any, folder_storage: Path, committed: Any) -> None:
    without_log, without_artifacts = aged(31), aged(11)
    with committed():
        removed = executions_prune(keep=KEEP, now=NOW)
    assert (removed.executions, removed.logs, removed.artifacts) == (0, 1, 2)
    assert log_lines(execution=stored(without_log)) == []
    assert stored(without_log).log_truncated
    [gap] = LogChunk.objects.filter(execution_id=without_log.execution_id)
    assert (gap.first_seq, gap.last_seq, gap.gap_reason) == (1, 2, "retention")
    assert len(log_lines(execution=stored(without_artifacts))) == 2
    assert not Artifact.objects.exists()
    assert files(folder_storage) == 0
    names = Event.objects.filter(name__startswith="execution.").values_list("name", flat=True)
    assert sorted(names) == ["execution.artifacts_pruned", "execution.artifacts_pruned", "execution.log_pruned"]


def test_what_runs_is_never_touched(aged: Any) -> None:
    aged(None)
    nothing = Retention(runs_days=0, logs_days=0, artifacts_days=0)
    removed = executions_prune(keep=nothing, now=NOW + timedelta(days=1000))
    assert (removed.executions, removed.logs, removed.artifacts) == (0, 0, 0)


def test_twice_finds_nothing_more(aged: Any, organization: Organization) -> None:
    aged(91)
    aged(31)
    executions_prune(keep=KEEP, now=NOW)
    assert executions_prune(keep=KEEP, now=NOW) == Removed(organization.schema_name)


def test_dry_run_tells_and_touches_nothing(aged: Any, folder_storage: Path, organization: Organization) -> None:
    aged(91)
    aged(31)
    aged(11)
    expected = Removed(organization.schema_name, executions=1, logs=1, artifacts=3, bytes=15)
    assert executions_prune(keep=KEEP, now=NOW, dry_run=True) == expected
    assert Execution.objects.count() == 3
    assert files(folder_storage) == 3
    assert executions_prune(keep=KEEP, now=NOW) == expected


def test_each_organization_keeps_as_long_as_it_says(
    aged: Any, organization: Organization, other_organization: Organization
) -> None:
    short, long = aged(20), aged(5)
    Retention.objects.create(runs_days=10, logs_days=10, artifacts_days=10)
    with tenant_context(other_organization):
        assert retention_current().runs_days == 90
    found = {removed.organization: removed.executions for removed in retention_apply(now=NOW, dry_run=True)}
    assert (found[organization.slug], found[other_organization.slug]) == (1, 0)
    retention_apply(now=NOW)
    assert list(Execution.objects.values_list("pk", flat=True)) == [long.execution_id]
    assert Event.objects.get(name="execution.pruned").subject_id == str(short.execution_id)


def test_command(aged: Any, organization: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    aged(91)
    call_command("prune_executions", "--dry-run")
    assert f"{organization.slug}: would remove 1 executions" in capsys.readouterr().out
    call_command("prune_executions", "--organization", "rival")
    assert Execution.objects.exists()
    call_command("prune_executions", "--organization", organization.slug)
    assert f"{organization.slug}: removed 1 executions" in capsys.readouterr().out
    assert not Execution.objects.exists()
    with pytest.raises(CommandError, match="no organization 'nowhere'"):
        call_command("prune_executions", "--organization", "nowhere")
