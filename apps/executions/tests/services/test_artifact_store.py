from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.executions.errors import ArtifactRefused, LeaseLost
from apps.executions.models import Artifact
from apps.executions.services.artifacts import artifact_store
from apps.executions.tests.conftest import Start, steal
from apps.tenants.storage import tenant_storage


@pytest.fixture(autouse=True)
def _own_storage(folder_storage: Path) -> None:
    """Files of each test alone."""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.csv"
    path.write_bytes(b"a;b\n1;2\n")
    return path


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "storage").rglob("*") if path.is_file()]


def test_it_works(start: Start, report: Path) -> None:
    artifact = artifact_store(start(), name="out/report.csv", path=report, now=timezone.now())
    assert (artifact.name, artifact.content_type, artifact.size) == ("out/report.csv", "text/csv", 8)
    assert artifact.sha256 == hashlib.sha256(report.read_bytes()).hexdigest()
    with tenant_storage.open(artifact.storage_name) as kept:
        assert kept.read() == report.read_bytes()
    assert Artifact.objects.get() == artifact


def test_the_same_name_again_replaces(start: Start, report: Path, tmp_path: Path, committed: Any) -> None:
    lease = start()
    artifact_store(lease, name="report.csv", path=report, now=timezone.now())
    report.write_bytes(b"better")
    with committed():
        artifact_store(lease, name="report.csv", path=report, now=timezone.now())
    assert Artifact.objects.get().size == 6
    assert [path.read_bytes() for path in files(tmp_path)] == [b"better"]


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../up", "a/../../up", "a\\b", "x" * 256, "bell\x07", "turn\u202earound", "line\n"]
)
def test_unsafe_names(start: Start, report: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ArtifactRefused):
        artifact_store(start(), name=name, path=report, now=timezone.now())
    assert not files(tmp_path)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        (f"data:{'a' * 130}/b,c", "application/octet-stream"),
        ("data:image/svg+xml,page.html", "text/html"),
        ("data:text,table.csv", "text/csv"),
        ("http://example.com/picture.png", "image/png"),
    ],
)
def test_a_name_that_looks_like_an_address_is_a_name(start: Start, report: Path, name: str, content_type: str) -> None:
    assert artifact_store(start(), name=name, path=report, now=timezone.now()).content_type == content_type


def test_symbolic_links(start: Start, report: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/etc/passwd")
    with pytest.raises(ArtifactRefused):
        artifact_store(start(), name="link", path=link, now=timezone.now())


def test_pipes(start: Start, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArtifactRefused):
        artifact_store(start(), name="pipe", path=tmp_path / "pipe", now=timezone.now())


def test_too_many(start: Start, report: Path, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"artifacts_max_count": 1})
    lease = start()
    artifact_store(lease, name="one", path=report, now=timezone.now())
    with pytest.raises(ArtifactRefused):
        artifact_store(lease, name="two", path=report, now=timezone.now())
    artifact_store(lease, name="one", path=report, now=timezone.now())


def test_too_large(start: Start, report: Path, tmp_path: Path, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"artifacts_max_bytes": 15})
    lease = start()
    artifact_store(lease, name="one", path=report, now=timezone.now())
    with pytest.raises(ArtifactRefused):
        artifact_store(lease, name="two", path=report, now=timezone.now())
    assert len(files(tmp_path)) == 1


def test_not_without_the_lease(start: Start, report: Path, tmp_path: Path) -> None:
    lease = start()
    steal(lease)
    with pytest.raises(LeaseLost):
        artifact_store(lease, name="report.csv", path=report, now=timezone.now())
    assert not Artifact.objects.exists()
    assert not files(tmp_path)
