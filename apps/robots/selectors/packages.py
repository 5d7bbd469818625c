"""Packages in storage: their caps, their content, what changed between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.robots.errors import ArtifactDamaged
from apps.robots.models import RobotVersion
from apps.robots.packages.archive import OpenArtifact, open_artifact
from apps.robots.packages.diff import ArtifactDiff, compare
from apps.robots.packages.limits import ArchiveLimits
from apps.tenants.storage import tenant_storage


@dataclass(frozen=True, slots=True)
class VersionDiff:
    old: RobotVersion
    new: RobotVersion
    files: ArtifactDiff


def archive_limits() -> ArchiveLimits:
    """The caps of one package, from the environment."""
    return ArchiveLimits(files=settings.ENV.package_max_files, unpacked_bytes=settings.ENV.package_max_bytes)


def package_opened(version: RobotVersion) -> BinaryIO:
    """The package of a version that the caller may see, as it was uploaded. Raises ``ArtifactDamaged``."""
    try:
        return cast("BinaryIO", tenant_storage.open(version.storage_name))
    except FileNotFoundError as error:
        raise ArtifactDamaged(_("The stored artifact is gone.")) from error


def version_diff(old: RobotVersion, new: RobotVersion) -> VersionDiff:
    """Compares the packages of two versions that the actor may see, file by file. Raises ``ArtifactDamaged``."""
    with _opened(old) as before, _opened(new) as after:
        return VersionDiff(old, new, compare(before, after))


@contextmanager
def _opened(version: RobotVersion) -> Iterator[OpenArtifact]:
    with (
        package_opened(version) as stored,
        open_artifact(
            stored,
            filename=version.artifact_name,
            entrypoint_path=version.entrypoint_path,
            limits=archive_limits(),
        ) as artifact,
    ):
        yield artifact
