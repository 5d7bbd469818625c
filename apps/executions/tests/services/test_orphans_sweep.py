from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone
from structlog.testing import capture_logs

from apps.common.ids import uuid7
from apps.executions.services.artifacts import artifact_store
from apps.executions.services.orphans import Swept, orphans_sweep
from apps.executions.tests.conftest import Start
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.storage import tenant_storage


def tomorrow() -> datetime:
    """Late enough for a file of this moment to be old."""
    return timezone.now() + timedelta(days=1, minutes=1)


def orphan() -> str:
    return tenant_storage.save(f"artifacts/{uuid7()}/{uuid7()}", ContentFile(b"2"))


def swept(organization: Organization, **options: Any) -> list[str]:
    """What goes tomorrow, and of no other organization."""
    found = {of.organization: of.files for of in orphans_sweep(**{"now": tomorrow()} | options)}
    files = found.pop(organization.slug)
    assert not any(found.values())
    return files


@contextmanager
def open_transaction() -> Iterator[None]:
    """Somebody else is in the middle of something."""
    other = cast("Any", connections.create_connection(DEFAULT_DB_ALIAS))
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT 1")
            yield
    finally:
        other.close()


@pytest.fixture(autouse=True)
def storage(request: pytest.FixtureRequest) -> Any:
    """Files in a folder, unless a test asks for another kind."""
    return request.getfixturevalue(getattr(request, "param", "folder_storage"))


@pytest.mark.parametrize("storage", ["folder_storage", "bucket_storage"], indirect=True)
def test_it_works(organization: Organization, start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    kept = artifact_store(start(), name="file", path=tmp_path / "file", now=timezone.now())
    doomed = orphan()
    beside = tenant_storage.save(f"artifacts/{kept.execution_id}/{uuid7()}", ContentFile(b"3"))
    with capture_logs() as log:
        assert sorted(swept(organization)) == sorted([doomed, beside])
    assert tenant_storage.exists(kept.storage_name)
    assert not tenant_storage.exists(doomed)
    assert not tenant_storage.exists(beside)
    told = {(line["event"], line["organization"], line["file"]) for line in log}
    assert told == {("orphan_swept", organization.slug, name) for name in (doomed, beside)}
    assert swept(organization) == []
    assert tenant_storage.listdir("artifacts")[0] == [str(kept.execution_id)]


def test_young_files_may_get_their_row_yet(organization: Organization) -> None:
    young = orphan()
    assert swept(organization, now=timezone.now()) == []
    assert tenant_storage.exists(young)
    assert len(tenant_storage.listdir("artifacts")[0]) == 1


def test_an_open_transaction_may_name_a_file_however_long_it_takes(organization: Organization) -> None:
    waiting = orphan()
    with open_transaction():
        assert swept(organization) == []
    assert tenant_storage.exists(waiting)


def test_a_dry_run_tells_and_touches_nothing(organization: Organization) -> None:
    doomed = orphan()
    with capture_logs() as log:
        assert swept(organization, dry_run=True) == [doomed]
    assert tenant_storage.exists(doomed)
    assert log == []


FOREIGN = ["artifacts/notes/read.me", f"artifacts/{UUID(int=7)}/.hidden", f"artifacts/{'f' * 32}/x"]


@pytest.mark.parametrize("name", FOREIGN)
def test_files_of_others_are_left_alone(organization: Organization, name: str) -> None:
    tenant_storage.save(name, ContentFile(b"x"))
    assert swept(organization) == []
    assert tenant_storage.exists(name)


def test_one_organization_that_fails_does_not_keep_the_others(
    organization: Organization, other_organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_context(other_organization):
        theirs = orphan()
    original = type(tenant_storage).listdir

    def broken(storage: Any, name: str) -> Any:
        if storage.path_of(name).startswith(organization.schema_name):
            raise OSError(name)
        return original(storage, name)

    monkeypatch.setattr(type(tenant_storage), "listdir", broken)
    with capture_logs() as log:
        found = orphans_sweep(now=tomorrow())
    assert Swept(other_organization.slug, [theirs]) in found
    assert [line["organization"] for line in log if line["event"] == "orphans_not_swept"] == [organization.slug]


def test_nothing_stored_yet(organization: Organization) -> None:
    assert swept(organization) == []


def test_by_hand(organization: Organization) -> None:
    doomed = tenant_storage.save(f"artifacts/{UUID(int=1)}/{UUID(int=2)}", ContentFile(b"as old as time"))
    output = StringIO()
    call_command("sweep_files", "--dry-run", "--organization", organization.slug, stdout=output)
    call_command("sweep_files", "--organization", organization.slug, stdout=output)
    assert output.getvalue().splitlines() == [
        f"{organization.slug}: {doomed}",
        f"{organization.slug}: would remove 1 files",
        f"{organization.slug}: {doomed}",
        f"{organization.slug}: removed 1 files",
    ]
    with pytest.raises(CommandError, match="no organization 'nowhere'"):
        call_command("sweep_files", "--organization", "nowhere")
