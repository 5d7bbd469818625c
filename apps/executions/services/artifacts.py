"""Artifacts: files an execution leaves, kept in the organization's storage."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import stat
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from io import BufferedReader
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from apps.common.ids import uuid7
from apps.executions.errors import ArtifactRefused, LeaseLost
from apps.executions.lease import Lease
from apps.executions.models import Artifact, Execution, Status
from apps.executions.services.persistence import while_held
from apps.tenants.context import require_tenant, tenant_context
from apps.tenants.storage import tenant_storage

FOLDER = "artifacts"
NAME_LENGTH = 255


def artifact_store(lease: Lease, *, name: str, path: Path, now: datetime) -> Artifact:
    """Keeps the file at ``path`` under ``name``, a relative path with slashes; a file kept under it before goes.

    Raises ``ArtifactRefused`` for unsafe names and beyond ARTIFACTS_MAX_COUNT and ARTIFACTS_MAX_BYTES, and
    ``LeaseLost``; in both cases nothing is kept.
    """
    with _opened(path) as file:
        artifact = Artifact(
            id=uuid7(),
            created_at=now,
            execution_id=lease.execution_id,
            name=artifact_name(name),
            content_type=_content_type(name),
            size=os.fstat(file.fileno()).st_size,
        )
        while_held(lease, lambda: _require_room(artifact))
        artifact.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        artifact.storage_name = tenant_storage.save(f"{FOLDER}/{lease.execution_id}/{artifact.pk}", File(file))
    try:
        return while_held(lease, lambda: _registered(lease, artifact))
    except BaseException:
        tenant_storage.delete(artifact.storage_name)
        raise


def artifact_name(name: str) -> str:
    """``name`` if it can be shown, stored and saved anywhere; raises ``ArtifactRefused``. No actor: it only checks."""
    parts = PurePosixPath(name).parts
    reason = None
    if not parts or name.startswith("/") or ".." in parts or "\\" in name:
        reason = _("The name leads out of the folder of artifacts.")
    elif len(name) > NAME_LENGTH:
        reason = _("The name is longer than 255 characters.")
    elif any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in name):
        reason = _("The name holds characters that cannot be shown.")
    if reason is not None:
        raise ArtifactRefused(reason, extra={"name": name.encode("utf-8", "replace").decode()})
    return str(PurePosixPath(*parts))


def _content_type(name: str) -> str:
    """What the ending says. The last part alone: the library reads all of ``data:…/…,…`` as a type of any length."""
    return mimetypes.guess_type(f"./{PurePosixPath(name).name}")[0] or "application/octet-stream"


def _require_room(artifact: Artifact) -> None:
    others = Artifact.objects.filter(execution_id=artifact.execution_id).exclude(name=artifact.name)
    kept = others.aggregate(count=Count("id"), size=Sum("size"))
    if kept["count"] >= settings.ENV.artifacts_max_count:
        raise ArtifactRefused(_("Too many artifacts."), extra={"maximum": settings.ENV.artifacts_max_count})
    if (kept["size"] or 0) + artifact.size > settings.ENV.artifacts_max_bytes:
        raise ArtifactRefused(_("The artifacts are too large."), extra={"maximum": settings.ENV.artifacts_max_bytes})


def _opened(path: Path) -> BufferedReader:
    """The file itself: no symbolic link, no pipe, no device, which a program may have put in its place."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ArtifactRefused(_("The artifact cannot be read."), extra={"reason": error.strerror}) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ArtifactRefused(_("Only ordinary files are kept."))
    return os.fdopen(descriptor, "rb")


def _registered(lease: Lease, artifact: Artifact) -> Artifact:
    with transaction.atomic():
        held = Execution.objects.select_for_update().filter(
            pk=lease.execution_id, token=lease.token, status=Status.RUNNING
        )
        if not held.exists():
            raise LeaseLost
        before = Artifact.objects.filter(execution_id=lease.execution_id, name=artifact.name).exclude(pk=artifact.pk)
        files_delete_after_commit(before.values_list("storage_name", flat=True))
        before.delete()
        if not Artifact.objects.filter(pk=artifact.pk).exists():  # a second try of ours finds what the first left
            artifact.save(force_insert=True)
    return artifact


def files_delete_after_commit(names: Iterable[str]) -> None:
    """Removes stored files of the current organization once the transaction that drops their rows has committed.

    What a crash in between leaves behind is swept later. No actor: whoever deletes the rows has checked the right.
    """
    schema, doomed = require_tenant(), list(names)

    def delete() -> None:
        with tenant_context(schema):
            for name in doomed:
                tenant_storage.delete(name)

    transaction.on_commit(delete)
