"""An archive becomes a fresh organization, whole or not at all."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, BinaryIO

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.core.files.base import File
from django.db import DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from apps.common.actor import Actor
from apps.common.changes import check_fields
from apps.common.errors import InvalidInput
from apps.tenants.archive import PIECE, ArchiveReader, Manifest, Table
from apps.tenants.context import owner_context, tenant_context
from apps.tenants.errors import ArchiveInvalid, ArchiveOfAnotherVersion, SlugTaken
from apps.tenants.models import Organization, OrganizationSettings
from apps.tenants.services.exports import LOOKS
from apps.tenants.services.organizations import organization_create, require_platform
from apps.tenants.services.removals import folder_remove
from apps.tenants.services.templates import tables_version
from apps.tenants.signals import organization_changed, organization_restored, schema_prepared
from apps.tenants.storage import tenant_storage
from apps.tenants.tables import archived_tables, qualified, sequences_set, tables_clear, text_settle

_REFUSALS: tuple[type[Exception], ...] = (
    *(DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError),
    *(SuspiciousFileOperation, ValidationError, InvalidInput, tarfile.TarError),
    *(LookupError, TypeError, ValueError),  # of values that no service would have written
)


def organization_import(
    *, actor: Actor, archive: BinaryIO, slug: str, is_active: bool = False, now: datetime
) -> tuple[Organization, Manifest]:
    """Makes an organization of an archive: rows, files, looks and settings; hosts and what was left out stay away.

    Needs ``platform.manage``. It is switched off unless asked otherwise, so that its schedules do not run twice. The
    archive is read whole and compared with its manifest before anything is made; rows are counted as they are stored.
    Raises ``SlugTaken``, ``ArchiveInvalid``, ``ArchiveOfAnotherVersion``, ``Unavailable``; then nothing is left.
    """
    require_platform(actor)
    reader = ArchiveReader(archive)
    manifest = reader.check()
    if manifest.schema_version != tables_version():
        raise ArchiveOfAnotherVersion
    with owner_context(), transaction.atomic():
        organization = organization_create(name=_name(manifest), slug=slug)
        if organization.slug != slug:
            raise SlugTaken(
                _("This slug is taken, or none that an organization can have; an archive becomes a fresh one.")
            )
        with _files_removed_on_failure(organization.schema_name), _refusing():
            _load(reader, manifest, organization, is_active=is_active, now=now)
            data = {"slug": slug, "rows": manifest.rows, "files": manifest.files}
            organization_changed.send(
                sender=Organization,
                name="organization.imported",
                actor=actor,
                organization=organization,
                data=data,
                now=now,
            )
    return organization, manifest


def _load(
    reader: ArchiveReader, manifest: Manifest, organization: Organization, *, is_active: bool, now: datetime
) -> None:
    schema = organization.schema_name
    _rows(reader, manifest, schema)
    sequences_set(schema)
    _looks(manifest, organization, is_active=is_active, now=now)
    ContentType.objects.clear_cache()
    with owner_context(schema):
        schema_prepared.send(sender=None, schema=schema)
    with tenant_context(organization):
        organization_restored.send(sender=Organization, organization=organization, now=now)
        for stored, content in reader.files():
            if tenant_storage.save(stored.name, File(content)) != stored.name:
                raise ArchiveInvalid(extra={"member": stored.name[:200]})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _rows(reader: ArchiveReader, manifest: Manifest, schema: str) -> None:
    """Every table of the archive into the schema's own, which must be the same, column by column."""
    wanted = {name: set(table.columns) for name, table in archived_tables(schema).items()}
    given = {name: set(table.columns) for name, table in manifest.tables.items()}
    if wanted != given or any(len(table.columns) > len(given[name]) for name, table in manifest.tables.items()):
        raise ArchiveInvalid
    text_settle()
    tables_clear(schema)
    for name, content in reader.tables():
        if _copied(schema, name, manifest.tables[name], content) != manifest.tables[name].rows:
            raise ArchiveInvalid(extra={"table": name})


def _copied(schema: str, name: str, table: Table, content: IO[bytes]) -> int:
    columns = ", ".join(connection.ops.quote_name(column) for column in table.columns)
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {qualified(schema, name)} ({columns}) FROM STDIN") as copy:
            while piece := content.read(PIECE):
                copy.write(piece)
        return int(cursor.rowcount)


def _looks(manifest: Manifest, organization: Organization, *, is_active: bool, now: datetime) -> None:
    """The organization's own row and its settings, checked as if somebody had written them."""
    for name in LOOKS:
        setattr(organization, name, manifest.organization.get(name))
    check_fields(organization, LOOKS)
    organization.is_active, organization.suspended_at = is_active, None if is_active else now
    organization.save(update_fields=[*LOOKS, "is_active", "suspended_at", "updated_at"])
    fields = {field.name for field in OrganizationSettings._meta.fields} - {"id", "organization"}
    _settings(organization, {name: value for name, value in manifest.settings.items() if name in fields})


def _settings(organization: Organization, values: Mapping[str, Any]) -> None:
    row = OrganizationSettings(organization_id=organization.schema_name, **values)
    row.full_clean(validate_unique=False, validate_constraints=False)
    if not all(isinstance(text, str) for text in [*row.labels.values(), *row.calendar.own.values()]):
        raise ArchiveInvalid
    row.save(force_insert=True)


def _name(manifest: Manifest) -> str:
    with _refusing():
        row = Organization(name=manifest.organization["name"])
        check_fields(row, ["name"])
    return str(row.name)


@contextmanager
def _files_removed_on_failure(schema: str) -> Iterator[None]:
    """To be used before the transaction is rolled back, after which a spare schema may be somebody else's."""
    try:
        yield
    except BaseException:
        folder_remove(schema)
        raise


@contextmanager
def _refusing() -> Iterator[None]:
    """What PostgreSQL, the storage or a field refuses is the archive's fault."""
    try:
        yield
    except _REFUSALS as error:
        raise ArchiveInvalid from error
