"""Removing an organization whole: its row, hosts, schema, role, directory entries and files."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import orjson
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.db import connection, transaction

from apps.common.actor import Actor
from apps.tenants.cache import entries_count, entries_forget
from apps.tenants.context import owner_context, public_context
from apps.tenants.errors import (
    OrganizationNotFound,
    OrganizationStillActive,
    PlatformProtected,
    PurgeTooEarly,
    SlugNotConfirmed,
)
from apps.tenants.models import Organization, PurgeCertificate
from apps.tenants.naming import PLATFORM, role_name
from apps.tenants.selectors import hosts_forget
from apps.tenants.services.organizations import require_platform
from apps.tenants.services.provisioning import schema_drop
from apps.tenants.signals import organization_changed
from apps.tenants.storage import working


def organization_remove(*, organization: Organization) -> None:
    """Removes an organization for good, with whatever stands in shared tables under its schema's name.

    Rows, schema and role go in one transaction, files after it. No actor: only commands on the server do this. Raises
    ``PlatformProtected``.
    """
    if organization.schema_name == PLATFORM:
        raise PlatformProtected
    with owner_context(), transaction.atomic():
        _remove_rows(organization)
    folder_remove(organization.schema_name)


def organization_purge(*, actor: Actor, organization: Organization, slug: str, now: datetime) -> PurgeCertificate:
    """Removes a suspended organization for good, and leaves a certificate of what went; ``slug`` says it is meant.

    Needs ``platform.manage``. Raises ``PlatformProtected``, ``SlugNotConfirmed``, ``OrganizationNotFound``,
    ``OrganizationStillActive``, ``PurgeTooEarly`` before ORGANIZATION_PURGE_DAYS have passed. Rows, schema, role,
    certificate and event go in one transaction, files after it; where the storage does not answer, ``Unavailable`` is
    raised, and :func:`purge_finish` tries again. What Redis holds goes first; ``None`` in the certificate says that it
    did not answer.
    """
    require_platform(actor)
    if organization.schema_name == PLATFORM:
        raise PlatformProtected
    if slug.strip() != organization.slug:
        raise SlugNotConfirmed(errors={"slug": [SlugNotConfirmed.message]})
    files = _folder_size(organization.schema_name)
    is_due = not organization.is_active and now >= organization.purge_at
    cached = entries_forget(organization.schema_name) if is_due else entries_count(organization.schema_name)
    cached_after = entries_count(organization.schema_name)
    with owner_context(), transaction.atomic():
        found = Organization.objects.select_for_update().filter(pk=organization.pk).first()
        if found is None:
            raise OrganizationNotFound
        if found.is_active:
            raise OrganizationStillActive
        if now < found.purge_at:
            raise PurgeTooEarly(extra={"purge_at": found.purge_at.isoformat()})
        contents = _contents(found, files, cached)
        _remove_rows(found)
        left = _left(found.schema_name) | {"cache_entries": cached_after}
        certificate = _certificate(actor, found, contents, left, now=now)
        certificate.save(force_insert=True)
        data = {"certificate_id": str(certificate.pk), "digest": certificate.digest}
        organization_changed.send(
            sender=Organization, name="organization.purged", actor=actor, organization=found, data=data, now=now
        )
    return purge_finish(actor=actor, certificate=certificate, now=now)


def purge_finish(*, actor: Actor, certificate: PurgeCertificate, now: datetime) -> PurgeCertificate:
    """Removes the files of an organization whose rows are gone; does nothing where that is done already.

    Needs ``platform.manage``. Raises ``Unavailable`` where the storage does not answer.
    """
    require_platform(actor)
    with working():
        folder_remove(certificate.schema_name)
    with public_context():
        PurgeCertificate.objects.filter(pk=certificate.pk, files_removed_at=None).update(files_removed_at=now)
        return PurgeCertificate.objects.get(pk=certificate.pk)


def purge_contents(*, actor: Actor, organization: Organization) -> dict[str, Any]:
    """What a purge would take, counted now. Needs ``platform.manage``; raises ``Unavailable``."""
    require_platform(actor)
    files, cached = _folder_size(organization.schema_name), entries_count(organization.schema_name)
    with owner_context():
        return _contents(organization, files, cached)


def folder_remove(folder: str) -> None:
    """Removes a folder of the storage with all in it, where it is there. No actor: part of what removes schemas."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        default_storage.delete(f"{folder}/{name}")
    for name in folders:
        folder_remove(f"{folder}/{name}")
    default_storage.delete(folder)


def _contents(organization: Organization, files: tuple[int, int], cached: int | None) -> dict[str, Any]:
    rows = _rows_by_table(organization.schema_name)
    return {
        "people": rows.get(get_user_model()._meta.db_table, 0),
        "rows": sum(rows.values()),
        "rows_by_table": {table: count for table, count in rows.items() if count},
        "shared_rows_by_table": _shared_rows_by_table(organization.schema_name),
        "files": files[0],
        "file_bytes": files[1],
        "cache_entries": cached,
        "hosts": sorted(organization.domains.values_list("domain", flat=True)),
    }


def _rows_by_table(schema: str) -> dict[str, int]:
    """Every table of a schema and how many rows it has, in two statements."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename", [schema])
        tables = [table for (table,) in cursor.fetchall()]
        if not tables:
            return {}
        counts = (f"SELECT %s, count(*) FROM {quote(schema)}.{quote(table)}" for table in tables)
        cursor.execute(" UNION ALL ".join(counts) + " ORDER BY 1", tables)
        return dict(cursor.fetchall())


def _shared_rows_by_table(schema: str) -> dict[str, int]:
    """Rows of shared tables that are an organization's: tickets, directory entries, settings."""
    counts = {}
    with connection.cursor() as cursor:
        for table in _shared_tables():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)} WHERE schema_name = %s", [schema])
            counts[table] = int(cursor.fetchone()[0])
    return {table: count for table, count in counts.items() if count}


def _left(schema: str) -> dict[str, Any]:
    """What there still is of an organization whose rows were removed: nothing, and the certificate says so."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = %s),
                      (SELECT count(*) FROM pg_roles WHERE rolname = %s)""",
            [schema, role_name(str(connection.settings_dict["NAME"]), schema)],
        )
        schemas, roles = cursor.fetchone()
    rows = sum(_rows_by_table(schema).values())
    return {"schemas": schemas, "roles": roles, "rows": rows, "shared_rows_by_table": _shared_rows_by_table(schema)}


def _certificate(
    actor: Actor, organization: Organization, contents: dict[str, Any], left: dict[str, Any], *, now: datetime
) -> PurgeCertificate:
    document = {
        "organization": {
            "id": str(organization.pk),
            "name": organization.name,
            "slug": organization.slug,
            "schema": organization.schema_name,
            "created_at": organization.created_at.isoformat(),
        },
        "purged_at": now.isoformat(),
        "purged_by": actor.label,
        "removed": contents,
        "left": left,
    }
    return PurgeCertificate(
        organization_id=organization.pk,
        name=organization.name,
        slug=organization.slug,
        schema_name=organization.schema_name,
        document=document,
        digest=hashlib.sha256(certificate_bytes(document)).hexdigest(),
    )


def certificate_bytes(document: dict[str, Any]) -> bytes:
    """A certificate's document as it is downloaded and as its digest is of. No actor: it only writes it out."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)


def _remove_rows(organization: Organization) -> None:
    """In the caller's transaction: shared rows, the organization's own row, schema and role."""
    _remove_shared_rows(organization.schema_name)
    Organization.objects.filter(pk=organization.pk).delete()
    schema_drop(organization.schema_name)
    transaction.on_commit(hosts_forget)


def _remove_shared_rows(schema: str) -> None:
    """Of every shared table that says whose its rows are, those of floors above included."""
    with connection.cursor() as cursor:
        for table in _shared_tables():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)} WHERE schema_name = %s", [schema])


def _shared_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT table_name FROM information_schema.columns
               WHERE table_schema = 'public' AND column_name = 'schema_name' AND table_name <> %s
               ORDER BY table_name""",
            [Organization._meta.db_table],
        )
        return [table for (table,) in cursor.fetchall()]


def _folder_size(folder: str) -> tuple[int, int]:
    """How many files lie in a folder and below it, and their bytes."""
    with working():
        try:
            folders, files = default_storage.listdir(folder)
        except FileNotFoundError:
            return 0, 0
        sizes = [default_storage.size(f"{folder}/{name}") for name in files]
    below = [_folder_size(f"{folder}/{name}") for name in folders]
    return len(sizes) + sum(count for count, _bytes in below), sum(sizes) + sum(total for _count, total in below)
