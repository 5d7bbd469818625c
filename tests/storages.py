"""Storage of a test's own: files in a folder, or objects in a bucket of a server that speaks S3."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from config.settings import _bucket

BUCKET = "oficina-files"


@pytest.fixture
def folder_storage(tmp_path: Path, settings: Any) -> Path:
    """Files of this test alone."""
    location = tmp_path / "storage"
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": {"location": str(location)}}}
    return location


@pytest.fixture(scope="session")
def object_server() -> Iterator[str]:
    """The address of a server that speaks S3, in a thread of this process."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # takes a second, which most tests need not spend

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket_storage(object_server: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket of this test alone, set up as STORAGE_URL and the variables of AWS do it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "for-tests")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", object_server)
    options = _bucket(f"s3://{BUCKET}/prod")
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    }
    bucket = boto3.resource("s3").Bucket(BUCKET)
    bucket.create()
    yield bucket
    bucket.objects.delete()
    bucket.delete()
