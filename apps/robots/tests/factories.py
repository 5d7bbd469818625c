"""Robots, packages and versions for tests."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from apps.common.actor import Actor
from apps.common.ids import uuid7
from apps.dispatch.models import Ticket
from apps.executions.models import Artifact, Execution, LogChunk, Status
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.payloads import Publication, Upload
from apps.robots.services.publications import package_prepared
from apps.robots.services.robots import robot_create
from apps.robots.services.runs import run_start
from apps.robots.services.versions import version_publish
from apps.tenants.storage import tenant_storage

HELLO = "print('hello')\n"


def system(schema: str) -> Actor:
    """An actor that may everything."""
    return Actor.system("tests", schema=schema)


def zip_of(files: Mapping[str, str | bytes]) -> bytes:
    """A zip archive of these files, the same whenever it is made: names of tests come from such bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def uploaded(content: str | bytes = HELLO, name: str = "main.py") -> SimpleUploadedFile:
    """A file as a form carries it."""
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def robot_made(schema: str, name: str = "Closing", **fields: Any) -> Robot:
    """A robot without versions."""
    return robot_create(actor=system(schema), name=name, now=timezone.now(), **fields)


def version_made(
    schema: str, robot: Robot, source: str | bytes = HELLO, *, file_name: str = "main.py", **description: Any
) -> RobotVersion:
    """A published version, active unless told otherwise."""
    publication = Publication(**{"version": "1.0.0"} | description)
    upload = Upload(name=file_name, file=uploaded(source, file_name))
    actor = system(schema)
    with package_prepared(actor=actor, robot=robot, publication=publication, upload=upload) as package:
        return version_publish(actor=actor, robot=robot, package=package, now=timezone.now())


def run_made(schema: str, robot: Robot, **given: Any) -> Run:
    """A waiting run of the robot's active version."""
    return run_start(actor=system(schema), robot=robot, now=timezone.now(), **given)


def run_ended(run: Run, status: Status = Status.COMPLETED, *, seconds: float = 2.0, **columns: Any) -> Run:
    """The run as if a worker had done it: over, without a ticket."""
    started = run.execution.queued_at + timedelta(seconds=1)
    finished = started + timedelta(seconds=seconds)
    values = {"exit_code": 0 if status is Status.COMPLETED else 1} | columns
    with transaction.atomic():
        Ticket.objects.filter(pk=run.pk).delete()
        Execution.objects.filter(pk=run.pk).update(
            status=status, started_at=started, finished_at=finished, attempt=1, **values
        )
    run.execution.refresh_from_db()
    return run


def logged(run: Run, *messages: str, at_once: int = 3) -> None:
    """Gives the run a stored log of these lines, in chunks."""
    for start in range(0, len(messages), at_once):
        part = messages[start : start + at_once]
        lines = [[timezone.now().isoformat(), "INFO", "stdout", message] for message in part]
        LogChunk.objects.create(execution_id=run.pk, first_seq=start + 1, last_seq=start + len(part), lines=lines)
    Execution.objects.filter(pk=run.pk).update(last_seq=len(messages))


def artifact_made(run: Run, content: bytes = b"abc", name: str = "report.csv", **columns: Any) -> Artifact:
    """A file that the run left."""
    stored = tenant_storage.save(f"artifacts/{run.pk}/{uuid7()}", ContentFile(content))
    return Artifact.objects.create(
        execution_id=run.pk,
        name=name,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        storage_name=stored,
        **columns,
    )
