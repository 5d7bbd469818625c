from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.common.ids import uuid7
from apps.executions.models import Artifact
from apps.executions.services.artifacts import artifact_store
from apps.executions.services.orphans import orphans_sweep
from apps.executions.tests.conftest import Start
from apps.tenants.storage import tenant_storage


def tomorrow() -> datetime:
    """Late enough for a file of this moment to be old."""
    return timezone.now() + timedelta(days=1, minutes=1)


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, settings: Any) -> Path:
    location = tmp_path / "storage"
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(location)},
        }
    }
    return location


def test_it_works(start: Start, tmp_path: Path, storage: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    kept = artifact_store(start(), name="file", path=tmp_path / "file", now=timezone.now())
    orphan = tenant_storage.save(f"artifacts/{uuid4()}/{uuid7()}", ContentFile(b"2"))
    assert orphans_sweep(now=tomorrow()) == 1
    assert tenant_storage.exists(kept.storage_name)
    assert not tenant_storage.exists(orphan)
    assert orphans_sweep(now=tomorrow()) == 0
    assert len([path for path in storage.rglob("*") if path.is_dir()]) == 3  # schema, artifacts, one execution


def test_young_files_may_get_their_row_yet(start: Start) -> None:
    orphan = tenant_storage.save(f"artifacts/{uuid4()}/{uuid7()}", ContentFile(b"2"))
    start()
    assert orphans_sweep(now=timezone.now()) == 0
    assert tenant_storage.exists(orphan)


def test_nothing_stored_yet(start: Start) -> None:
    start()
    assert orphans_sweep(now=tomorrow()) == 0
    assert not Artifact.objects.exists()
