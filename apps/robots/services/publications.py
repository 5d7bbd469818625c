"""From an uploaded file to an immutable version: looked into and stored ahead, written in one transaction."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

import structlog
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import require_insider
from apps.common.actor import Actor
from apps.common.errors import Unavailable
from apps.common.ids import uuid7
from apps.events.services import record
from apps.robots.errors import InvalidChannel, InvalidPublication, RobotArchived, VersionExists
from apps.robots.models import Robot, RobotVersion
from apps.robots.models.robot import FOLDER, Channel, EntrypointType
from apps.robots.packages.archive import ArtifactInspection, ArtifactKind, inspect_artifact
from apps.robots.packages.semver import VersionNumber
from apps.robots.payloads import Publication, Upload, arguments_checked, environment_checked, names_checked
from apps.robots.selectors.packages import archive_limits
from apps.tenants.storage import tenant_storage

logger = structlog.get_logger(__name__)
DEFAULT_ENTRYPOINTS = {EntrypointType.SHELL.value: "main.sh", EntrypointType.ROBOT.value: "main.robot"}
ENDINGS = {".sh": EntrypointType.SHELL, ".robot": EntrypointType.ROBOT}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_COMMIT = re.compile(r"[0-9a-fA-F]{4,64}\Z")


@dataclass(slots=True)
class Package:
    """A package that was found sound and lies in storage, until a version names it."""

    publication: Publication
    upload_name: str
    inspection: ArtifactInspection
    storage_name: str
    entrypoint_path: str
    fields: dict[str, Any]
    named: bool = False
    committed: bool = False

    def note_commit(self) -> None:
        """From now on a version names it for good, whatever else fails."""
        self.committed = True


def entrypoint_of(publication: Publication, upload_name: str) -> str:
    """The named entrypoint; else the single file itself, or the usual name in an archive. No actor: it computes."""
    if publication.entrypoint_path:
        return publication.entrypoint_path
    if PurePosixPath(upload_name.lower()).suffix == ".zip":
        return DEFAULT_ENTRYPOINTS.get(publication.entrypoint_type, "main.py")
    return upload_name


@contextmanager
def package_prepared(
    *, actor: Actor, publication: Publication, upload: Upload, robot: Robot | None = None
) -> Iterator[Package]:
    """Checks all that can be checked ahead, and stores the file; it goes again unless the block names it in a version.

    What takes long is done here, outside any transaction. ``robot`` is the one that gets the version, where there is
    one already. Raises ``PermissionDenied``, ``NotUnderSupport``, ``RobotArchived``, ``VersionExists``, ``Unavailable``
    for a storage that does not answer, and ``BadRequest`` of many kinds, with texts that name the entry.
    """
    require_insider(actor, "robot.publish", robot)
    if robot is not None:
        _require_new(robot, publication)
    fields = _fields_checked(publication)
    entrypoint = entrypoint_of(publication, upload.name)
    stream = cast("BinaryIO", upload.file.file)
    inspection = inspect_artifact(stream, filename=upload.name, entrypoint_path=entrypoint, limits=archive_limits())
    fields["entrypoint_type"] = publication.entrypoint_type or _type_of(entrypoint, inspection)
    fields["working_directory"] = _directory_checked(publication.working_directory, inspection)
    package = Package(publication, upload.name, inspection, _stored(upload), entrypoint, fields)
    kept = False
    try:
        yield package
        kept = package.named
    except (OperationalError, InterfaceError):
        kept = package.named  # it may have been committed before the connection broke; if it was not, it is swept later
        raise
    finally:
        if not (kept or package.committed):
            _discard(package)


def _stored(upload: Upload) -> str:
    safe_name = _UNSAFE.sub("_", upload.name)[-80:].lstrip(".") or "artifact"
    upload.file.seek(0)
    return tenant_storage.save(f"{FOLDER}/{uuid7()}/{safe_name}", upload.file)


def _discard(package: Package) -> None:
    try:
        tenant_storage.delete(package.storage_name)
    except Unavailable:
        logger.warning("package_left_behind", file=package.storage_name)  # the sweep finds it


def _require_new(robot: Robot, publication: Publication) -> None:
    if robot.archived_at is not None:
        raise RobotArchived
    if RobotVersion.objects.filter(robot=robot, version=publication.version).exists():
        raise _exists(publication)


def _exists(publication: Publication) -> VersionExists:
    detail = _("The robot has version %(version)s already.") % {"version": publication.version}
    return VersionExists(detail, errors={"version": [detail]})


def version_write(*, actor: Actor, robot: Robot, package: Package, now: datetime) -> RobotVersion:
    """Writes the version and, if wanted, makes it the active one; ``robot`` is locked. Raises ``VersionExists``."""
    version = RobotVersion(
        robot=robot,
        created_at=now,
        created_by=actor.user,
        artifact_type=package.inspection.kind.upper(),
        artifact_name=package.upload_name[:255],
        artifact_sha256=package.inspection.sha256,
        artifact_size=package.inspection.size,
        storage_name=package.storage_name,
        entrypoint_path=package.entrypoint_path,
        **package.fields,
    )
    try:
        with transaction.atomic():
            version.save(force_insert=True)
    except IntegrityError as error:
        if "version_unique" not in str(error):
            raise
        raise _exists(package.publication) from error
    package.named = True
    transaction.on_commit(package.note_commit)
    facts = {"robot_id": str(robot.pk), "version": version.version, "sha256": version.artifact_sha256}
    record("version.published", actor=actor, subject=version, data=facts, now=now)
    if package.publication.activate:
        version_make_active(actor=actor, robot=robot, version=version, now=now)
    return version


def version_make_active(*, actor: Actor, robot: Robot, version: RobotVersion, now: datetime) -> None:
    """Makes one version the active one and moves the release tags; ``robot`` is locked. Ends a canary.

    ``latest`` is on the version activated last, ``stable`` on the last one of channel stable.
    """
    tags = ["latest", "stable"] if version.channel == Channel.STABLE else ["latest"]
    others = RobotVersion.objects.filter(robot=robot).exclude(pk=version.pk)
    for other in others.filter(release_tags__overlap=tags):
        other.release_tags = [tag for tag in other.release_tags if tag not in tags]
        other.save(update_fields=["release_tags"])
    others.filter(is_active=True).update(is_active=False)
    version.is_active = True
    version.release_tags = sorted({*version.release_tags, *tags})
    version.save(update_fields=["is_active", "release_tags"])
    robot.canary_version, robot.canary_percent, robot.canary_started_at, robot.canary_note = None, 0, None, ""
    robot.save(update_fields=["canary_version", "canary_percent", "canary_started_at", "canary_note", "updated_at"])
    facts = {"robot_id": str(robot.pk), "version": version.version, "release_tags": version.release_tags}
    record("version.activated", actor=actor, subject=version, data=facts, now=now)


def _fields_checked(publication: Publication) -> dict[str, Any]:
    """The columns of a version that come from the publication as they are, each checked."""
    VersionNumber(publication.version)
    if publication.channel not in Channel.values:
        raise InvalidChannel(errors={"channel": [InvalidChannel.message]})
    if publication.entrypoint_type and publication.entrypoint_type not in EntrypointType.values:
        raise _refused("entrypoint_type", _("The entrypoint's type must be PYTHON, EXE, SHELL or ROBOT."))
    if publication.commit_sha and not _COMMIT.match(publication.commit_sha):
        raise _refused("commit_sha", _("A commit is named by 4 to 64 hexadecimal digits."))
    if publication.build_url:
        _check_url(publication.build_url)
    return {
        "version": publication.version,
        "channel": publication.channel,
        "arguments": arguments_checked(publication.arguments, name="arguments_json"),
        "env_vars": environment_checked(publication.env_vars, name="env_vars_json"),
        "required_env_keys": names_checked(publication.required_env_keys, name="required_env_keys_json"),
        "changelog": publication.changelog,
        "commit_sha": publication.commit_sha,
        "branch": publication.branch,
        "build_url": publication.build_url,
    }


def _type_of(entrypoint: str, inspection: ArtifactInspection) -> EntrypointType:
    if inspection.kind is ArtifactKind.EXECUTABLE:
        return EntrypointType.EXE
    return ENDINGS.get(PurePosixPath(entrypoint.lower()).suffix, EntrypointType.PYTHON)


def _check_url(url: str) -> None:
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError as error:
        raise _refused("build_url", _("The address of the build must be an http or https URL.")) from error


def _directory_checked(directory: str, inspection: ArtifactInspection) -> str:
    """The working directory, a folder of the package, in its plain form; empty for the package itself."""
    plain = posixpath.normpath(directory or ".")
    if plain == ".":
        return ""
    if not any(member.name.startswith(f"{plain}/") for member in inspection.members):
        raise _refused("working_directory", _("The package has no folder %(name)s.") % {"name": ascii(directory)})
    return plain


def _refused(field: str, text: Any) -> InvalidPublication:
    return InvalidPublication(text, errors={field: [text]})
