"""One organization as an archive: a snapshot of its rows and its files, without what only counts where it was made."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, BinaryIO

import orjson
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.forms.models import model_to_dict

from apps.common.actor import Actor
from apps.tenants.archive import FORMAT, MANIFEST, NAMES, PIECE, ArchiveWriter, Manifest, Part, StoredFile, Table
from apps.tenants.context import owner_context, public_context
from apps.tenants.errors import OrganizationNotFound, SchemaNotCurrent
from apps.tenants.models import MigrationState, Organization
from apps.tenants.naming import PLATFORM
from apps.tenants.services.organizations import require_platform
from apps.tenants.services.templates import schema_fingerprint, tables_version
from apps.tenants.signals import organization_changed
from apps.tenants.storage import working
from apps.tenants.tables import ArchivedTable, archived_tables, qualified, rows_left_out, text_settle

LOOKS = ("name", "plan", "logo_url", "theme_primary_color")


def organization_export(*, actor: Actor, organization: Organization, target: BinaryIO, now: datetime) -> Manifest:
    """Writes an organization's rows, as of one moment, and its files to ``target``; returns what was written.

    Needs ``platform.manage``. Memory does not grow with what there is. The archive holds all the organization's
    data, hashes of passwords among them. Raises ``OrganizationNotFound``, which the platform
    itself is, ``SchemaNotCurrent``, ``Unavailable``.
    """
    require_platform(actor)
    with public_context():
        row = Organization.objects.filter(pk=organization.pk).exclude(schema_name=PLATFORM).first()
    if row is None:
        raise OrganizationNotFound
    if row.migration_state != MigrationState.CURRENT or row.schema_version != schema_fingerprint():
        raise SchemaNotCurrent
    with ArchiveWriter(target) as archive:
        facts = _rows(archive, organization)
        facts |= _files(archive, organization.schema_name)
        manifest = Manifest(format=FORMAT, schema_version=tables_version(), exported_at=now.isoformat(), **facts)
        text = orjson.dumps(manifest.model_dump(), option=orjson.OPT_INDENT_2)
        archive.add(MANIFEST, io.BytesIO(text), len(text))
    data = {"rows": manifest.rows, "files": manifest.files}
    with public_context(), transaction.atomic():
        organization_changed.send(
            sender=Organization,
            name="organization.exported",
            actor=actor,
            organization=organization,
            data=data,
            now=now,
        )
    return manifest


def _rows(archive: ArchiveWriter, organization: Organization) -> dict[str, Any]:
    schema = organization.schema_name
    with owner_context(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the context is sent before the transaction, whose first statement must be this:
        with transaction.atomic():
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            text_settle()
            tables = {name: _table(archive, schema, table) for name, table in archived_tables(schema).items()}
            row = Organization.objects.select_related("stored_settings").get(pk=organization.pk)
            return {
                "tables": tables,
                "left_out": rows_left_out(schema),
                "organization": {"slug": row.slug, **{name: getattr(row, name) for name in LOOKS}},
                "settings": _settings(row),
                "hosts": sorted(row.domains.values_list("domain", flat=True)),
            }


def _settings(row: Organization) -> dict[str, Any]:
    """What was set, as JSON has it."""
    values = model_to_dict(row.settings, exclude=["id", "organization"])
    plain: dict[str, Any] = orjson.loads(orjson.dumps(values, default=str))
    return plain


def _table(archive: ArchiveWriter, schema: str, table: ArchivedTable) -> Table:
    """A table's rows, by way of a file on disk: a member's header names its size."""
    quote = connection.ops.quote_name
    chosen = ", ".join("NULL" if name in table.blank else quote(name) for name in table.columns)
    source = f"COPY (SELECT {chosen} FROM {qualified(schema, table.name)}) TO STDOUT"
    with tempfile.TemporaryFile() as spool, connection.cursor() as cursor:
        with cursor.copy(source) as copy:
            for piece in copy:
                spool.write(piece)
        rows, size = cursor.rowcount, spool.tell()
        spool.seek(0)
        part = archive.add(f"tables/{table.name}.copy", spool, size)
    return Table(rows=rows, columns=list(table.columns), **part.model_dump())


def _files(archive: ArchiveWriter, schema: str) -> dict[str, Any]:
    count = total = 0
    with tempfile.TemporaryFile() as lines:
        for path in _paths(schema):
            stored = _file(archive, path, schema, count + 1)
            if stored is not None:
                lines.write(orjson.dumps(stored.model_dump()) + b"\n")
                count, total = count + 1, total + stored.size
        size = lines.tell()
        lines.seek(0)
        names: Part = archive.add(NAMES, lines, size)
    return {"files": count, "file_bytes": total, "names": names}


def _file(archive: ArchiveWriter, path: str, schema: str, number: int) -> StoredFile | None:
    """A stored file, by way of one on disk, so that it is whole; None where it went since its folder was read."""
    with tempfile.TemporaryFile() as spool:
        try:
            with working(), default_storage.open(path, "rb") as file:
                _copy(file, spool)
        except FileNotFoundError:
            return None
        size = spool.tell()
        spool.seek(0)
        part = archive.add(f"files/{number:010}", spool, size)
    return StoredFile(name=path.removeprefix(f"{schema}/"), **part.model_dump())


def _copy(source: Any, target: IO[bytes]) -> None:
    source.seek(0)
    while piece := source.read(PIECE):
        target.write(piece)


def _paths(folder: str) -> Iterator[str]:
    """Every file below a folder."""
    with working():
        try:
            folders, files = default_storage.listdir(folder)
        except FileNotFoundError:
            return
    yield from (f"{folder}/{name}" for name in sorted(files))
    for name in sorted(folders):
        yield from _paths(f"{folder}/{name}")
