"""Files stay in the folder of their organization, whatever their name says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from apps.common.errors import Unavailable
from apps.tenants import storage
from apps.tenants.context import OutsideTenantError, public_context, tenant_context
from apps.tenants.models import Organization
from apps.tenants.storage import tenant_storage
from config.env import BASE_DIR

HOSTILE = [
    "",
    ".",
    "..",
    "../other/x",
    "a/../../x",
    "a/..",
    "/etc/passwd",
    "//x",
    "a//b",
    "a/",
    "./a",
    "a/./b",
    "..\\x",
    "C:\\x",
    "a\x00b",
    "a\nb",
    "a\u202eb",
    "é" * 500,
]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "default_storage", FileSystemStorage(location=tmp_path))


def test_it_works(organization: Organization, other_organization: Organization, tmp_path: Path) -> None:
    name = tenant_storage.save("runs/1/report é.csv", ContentFile(b"mine"))
    assert (tmp_path / organization.schema_name / name).read_bytes() == b"mine"
    assert tenant_storage.exists(name)
    assert tenant_storage.size(name) == 4
    with tenant_storage.open(name) as file:
        assert file.read() == b"mine"
    with tenant_context(other_organization):
        assert not tenant_storage.exists(name)
        with pytest.raises(FileNotFoundError):
            tenant_storage.open(name)
        theirs = tenant_storage.save("runs/1/report é.csv", ContentFile(b"theirs"))
        tenant_storage.delete(theirs)
    tenant_storage.delete(name)
    assert not tenant_storage.exists(name)


def test_a_name_that_is_taken_gets_another(organization: Organization) -> None:
    first, second = (tenant_storage.save("a/b.txt", ContentFile(text)) for text in (b"1", b"2"))
    assert first != second
    assert second.startswith("a/b_")
    assert tenant_storage.open(second).read() == b"2"


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_lead_elsewhere_are_refused(organization: Organization, tmp_path: Path, name: str) -> None:
    for use in (
        lambda: tenant_storage.save(name, ContentFile(b"x")),
        lambda: tenant_storage.open(name),
        lambda: tenant_storage.delete(name),
        lambda: tenant_storage.exists(name),
        lambda: tenant_storage.size(name),
    ):
        with pytest.raises(SuspiciousFileOperation):
            use()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_storage_that_does_not_answer(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> None:
        raise OSError("no space left")

    for method in ("save", "open", "delete", "exists", "size", "listdir"):
        monkeypatch.setattr(FileSystemStorage, method, away)
    for use in (
        lambda: tenant_storage.save("a/b", ContentFile(b"x")),
        lambda: tenant_storage.open("a/b"),
        lambda: tenant_storage.delete("a/b"),
        lambda: tenant_storage.exists("a/b"),
        lambda: tenant_storage.size("a/b"),
        lambda: tenant_storage.listdir("a"),
    ):
        with pytest.raises(Unavailable):
            use()


def test_folders(organization: Organization) -> None:
    assert tenant_storage.listdir("a") == ([], [])
    tenant_storage.save("a/b/c", ContentFile(b"x"))
    assert tenant_storage.listdir("a") == (["b"], [])
    assert tenant_storage.listdir("a/b") == ([], ["c"])


def test_outside_an_organization_there_is_none(organization: Organization) -> None:
    with public_context(), pytest.raises(OutsideTenantError):
        tenant_storage.exists("a.txt")


def test_in_a_bucket_the_schema_is_part_of_the_key() -> None:
    """STORAGE_URL=s3://bucket/prefix; nothing is asked of any server."""
    code = """
import json, django
django.setup()
from django.core.files.storage import default_storage
from apps.tenants import storage
storage.require_tenant = lambda: "t_0123456789ab"
name = storage.tenant_storage.path_of("runs/1/a.csv")
key = default_storage._normalize_name(name)
print(json.dumps([default_storage.bucket_name, key]))
"""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "STORAGE_URL": "s3://oficina-files/prod",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    output = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert output.returncode == 0, output.stderr
    assert json.loads(output.stdout.splitlines()[-1]) == ["oficina-files", "prod/t_0123456789ab/runs/1/a.csv"]
