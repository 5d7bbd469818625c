"""Files whose row is gone, or never came, because a process died in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import structlog
from django.db import connection

from apps.common.errors import Unavailable
from apps.executions.models import Artifact
from apps.executions.services.artifacts import FOLDER
from apps.tenants.context import owner_context, tenant_context
from apps.tenants.selectors import organizations_all
from apps.tenants.storage import tenant_storage

logger = structlog.get_logger(__name__)
YOUNG = timedelta(days=1)
"""A file this young may belong to a row that is about to be written."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """Files that lie in ``<folder>/<group>/<file>``, each named in the ``storage_name`` of a row of ``model``.

    ``dated_by`` tells which part of the path is a UUIDv7 that was made right before the file was stored.
    """

    folder: str
    model: type[Any]
    dated_by: Literal["group", "file"]


@dataclass(frozen=True, slots=True)
class Swept:
    """Files of one organization that went, or would go."""

    organization: str
    files: list[str]


file_kinds: list[FileKind] = [FileKind(FOLDER, Artifact, dated_by="file")]
"""What is swept; floors above add what they store."""


def orphans_sweep(*, now: datetime, slug: str | None = None, dry_run: bool = False) -> list[Swept]:
    """Deletes, in every organization or the one with this slug, files that no row names; each stands in the log.

    A file stays until it is a day old, and a day older than every transaction that is still open: one of them may be
    about to name it. With ``dry_run`` it only tells what would go.

    No actor: nothing that anybody can see goes away. Running twice at once does no harm.
    """
    before = _oldest_transaction(now) - YOUNG
    swept = []
    for organization in organizations_all():
        if slug in {None, organization.slug}:
            found = Swept(organization.slug, [])
            try:
                with tenant_context(organization):
                    for name in _orphans(before, dry_run=dry_run):
                        found.files.append(name)
                        if not dry_run:
                            logger.info("orphan_swept", organization=organization.slug, file=name)
            except Exception:  # one organization's trouble must not keep the others' files
                logger.exception("orphans_not_swept", organization=organization.slug)
            swept.append(found)
    return swept


def _oldest_transaction(now: datetime) -> datetime:
    """When the longest of all open transactions began; ``now`` if there is none."""
    with owner_context(), connection.cursor() as cursor:  # other roles are not told of the product's sessions
        cursor.execute(
            """SELECT min(xact_start) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        return min(cursor.fetchone()[0] or now, now)


def _orphans(before: datetime, *, dry_run: bool) -> Iterator[str]:
    for kind in file_kinds:
        for group in tenant_storage.listdir(kind.folder)[0]:
            yield from _orphans_of(kind, group, before, dry_run=dry_run)


def _orphans_of(kind: FileKind, group: str, before: datetime, *, dry_run: bool) -> Iterator[str]:
    folder = f"{kind.folder}/{group}"
    files = tenant_storage.listdir(folder)[1]
    dated = {f"{folder}/{file}": _made_at(group if kind.dated_by == "group" else file) for file in files}
    old = {name for name, made_at in dated.items() if made_at < before}
    orphans = sorted(old - _named(kind, old))
    for name in orphans:
        if not dry_run:
            tenant_storage.delete(name)
        yield name
    if len(orphans) == len(files) and _made_at(group) < before and not dry_run:
        with suppress(Unavailable):  # something has come meanwhile
            tenant_storage.delete(folder)


def _named(kind: FileKind, names: set[str]) -> set[str]:
    rows = kind.model.objects.filter(storage_name__in=names)
    return set(rows.values_list("storage_name", flat=True))


def _made_at(identifier: str) -> datetime:
    """The first 48 bits of a UUIDv7 are the milliseconds of its making. What is none is none of ours, and stays."""
    try:
        return datetime.fromtimestamp((UUID(identifier).int >> 80) / 1000, tz=UTC)
    except (ValueError, OverflowError):
        return datetime.max.replace(tzinfo=UTC)
