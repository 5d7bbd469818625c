"""Robots, packages and versions for tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.common.actor import Actor
from apps.robots.models import Robot, RobotVersion
from apps.robots.payloads import Publication, Upload
from apps.robots.services.robots import robot_create
from apps.robots.services.versions import version_publish

HELLO = "print('hello')\n"


def system(schema: str) -> Actor:
    """An actor that may everything."""
    return Actor.system("tests", schema=schema)


def zip_of(files: Mapping[str, str | bytes]) -> bytes:
    """A zip archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
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
    return version_publish(
        actor=system(schema), robot=robot, publication=publication, upload=upload, now=timezone.now()
    )
