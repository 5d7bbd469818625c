"""What becomes of a file that was stored ahead of its version."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError
from django.utils import timezone

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.robots.errors import InvalidArtifact, RobotArchived, VersionExists
from apps.robots.models import Robot
from apps.robots.payloads import Publication, Upload
from apps.robots.services.publications import Package, package_prepared
from apps.robots.services.robots import robot_archive
from apps.robots.services.versions import version_publish
from apps.robots.tests.factories import HELLO, system, uploaded, version_made
from apps.tenants.models import Organization

Prepare = Callable[..., AbstractContextManager[Package]]


@pytest.fixture(autouse=True)
def storage(folder_storage: Path) -> Path:
    """Files of one test alone."""
    return folder_storage


@pytest.fixture
def prepare(organization: Organization, robot: Robot) -> Prepare:
    """Prepares version 1.0.0 of the robot."""

    def prepared(source: str | bytes = HELLO, name: str = "main.py", **given: Any) -> AbstractContextManager[Package]:
        upload = Upload(name=name, file=uploaded(source, name))
        wanted: dict[str, Any] = {"actor": system(organization.schema_name), "robot": robot} | given
        return package_prepared(publication=Publication(version="1.0.0"), upload=upload, **wanted)

    return prepared


def files(storage: Path) -> list[str]:
    return [path.name for path in storage.rglob("*") if path.is_file()]


def test_it_works(organization: Organization, robot: Robot, prepare: Prepare, storage: Path) -> None:
    with prepare() as package:
        assert files(storage) == ["main.py"]
        version = version_publish(
            actor=system(organization.schema_name), robot=robot, package=package, now=timezone.now()
        )
    assert version.storage_name == package.storage_name
    assert files(storage) == ["main.py"]


def test_what_no_version_names_goes(prepare: Prepare, storage: Path) -> None:
    with prepare():
        pass
    assert files(storage) == []


def test_a_refusal_takes_it_away_again(prepare: Prepare, storage: Path) -> None:
    with pytest.raises(VersionExists), prepare():
        raise VersionExists
    assert files(storage) == []


@pytest.mark.parametrize("named", [True, False])
def test_where_nobody_knows_whether_it_was_committed_it_stays(prepare: Prepare, storage: Path, named: bool) -> None:
    def write(package: Package) -> None:
        package.named = named
        raise OperationalError("server closed the connection unexpectedly")

    with pytest.raises(OperationalError), prepare() as package:
        write(package)
    assert files(storage) == ["main.py"] * named


def test_what_was_committed_stays_whatever_fails_after_that(
    organization: Organization,
    robot: Robot,
    prepare: Prepare,
    storage: Path,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]],
) -> None:
    def answer(package: Package) -> None:
        actor, now = system(organization.schema_name), timezone.now()
        with django_capture_on_commit_callbacks(execute=True):
            version_publish(actor=actor, robot=robot, package=package, now=now)
        raise RuntimeError("the answer cannot be written")

    with pytest.raises(RuntimeError), prepare() as package:
        answer(package)
    assert files(storage) == ["main.py"]


def test_a_refusal_stays_one_when_the_storage_is_away(prepare: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_storage: FileSystemStorage, _name: str) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(FileSystemStorage, "delete", away)
    with pytest.raises(VersionExists), prepare():
        raise VersionExists


def test_without_the_right(prepare: Prepare, viewer: User, actor: Callable[[User], Actor], storage: Path) -> None:
    for robot in ({}, {"robot": None}):
        with pytest.raises(PermissionDenied), prepare(actor=actor(viewer), **robot):
            pass
    assert files(storage) == []


def test_refused_before_the_file_is_stored(
    organization: Organization, robot: Robot, prepare: Prepare, storage: Path
) -> None:
    with pytest.raises(InvalidArtifact), prepare(b"\0\1\2", "main.bin"):
        pass
    version_made(organization.schema_name, robot)
    with pytest.raises(VersionExists), prepare():
        pass
    robot_archive(actor=system(organization.schema_name), robot=robot, now=timezone.now())
    robot.refresh_from_db()
    with pytest.raises(RobotArchived), prepare():
        pass
    assert len(list(storage.rglob("packages/*"))) == 1
