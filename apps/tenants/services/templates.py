"""The template of a schema: the SQL of the real migrations, recorded once and proved before it is used."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from apps.tenants.catalog import describe, differences
from apps.tenants.context import owner_context
from apps.tenants.locks import process_lock
from apps.tenants.models import SchemaTemplate
from apps.tenants.naming import PUBLIC, new_schema_name
from apps.tenants.recording import Recorder, script
from apps.tenants.services.migrations import schema_migrate
from apps.tenants.services.roles import rights_text

LOCK = "schemas"
"""Held by whatever makes schemas that no row names yet, so that the sweep leaves them alone."""
_KEPT = 3  # templates of older programs that may still run during a deployment
_inputs: list[Callable[[], str]] = [rights_text]


class TemplateMismatchError(RuntimeError):
    """Replaying the recorded SQL did not give what the migrations gave."""

    def __init__(self, lines: list[str]) -> None:
        shown = "\n".join(lines[:40])
        super().__init__(
            f"a replayed schema differs from a migrated one in {len(lines)} lines (- migrated, + replayed):\n{shown}"
        )


def fingerprint_input(source: Callable[[], str]) -> Callable[[], str]:
    """Registers text (say, the table of roles) that, like a new migration, makes older schemas out of date.

    No actor: called while modules are imported.
    """
    _inputs.append(source)
    return source


@cache
def _migration_names() -> list[str]:
    labels = {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return sorted(f"{app}.{name}" for app, name in loader.disk_migrations if app in labels)


def schema_fingerprint() -> str:
    """What a schema must have been made from to be current: the tenant apps' migrations and the registered inputs.

    No actor: it reads the code.
    """
    return hashlib.sha256("\n".join([*_migration_names(), *(source() for source in _inputs)]).encode()).hexdigest()


def tables_version() -> str:
    """What tables are made from, whatever their rights: equal where rows of one schema fit into another.

    No actor: it reads the code.
    """
    return hashlib.sha256("\n".join(_migration_names()).encode()).hexdigest()


def template_ensure() -> SchemaTemplate:
    """The template for the current migrations, recorded and proved when there is none yet.

    No actor: part of the migrations. Raises ``TemplateMismatchError`` where a migration cannot be replayed.
    """
    found = _found()
    if found is not None:
        return found
    with process_lock(LOCK):
        return _found() or _recorded()


def template_activate() -> SchemaTemplate:
    """Ensures the template and makes it the one that spares are made from; old ones go. No actor: as above."""
    template = template_ensure()
    with owner_context(), transaction.atomic():
        SchemaTemplate.objects.filter(pk=template.pk).update(created_at=timezone.now())
        kept = SchemaTemplate.objects.order_by("-created_at").values_list("pk", flat=True)[:_KEPT]
        SchemaTemplate.objects.exclude(pk__in=list(kept)).delete()
    return template


def template_is_active(template: SchemaTemplate) -> bool:
    """Whether no newer template was activated, so that this program is the deployed one. No actor: it reads."""
    with owner_context():
        return SchemaTemplate.objects.order_by("-created_at").values_list("pk", flat=True).first() == template.pk


def _found() -> SchemaTemplate | None:
    """Without its statements, which are long, and which only making a schema needs."""
    with owner_context():
        return SchemaTemplate.objects.defer("statements").filter(fingerprint=schema_fingerprint()).first()


def _recorded() -> SchemaTemplate:
    migrated, replayed = new_schema_name(), new_schema_name()
    recorder = Recorder()
    try:
        _execute(f'CREATE SCHEMA "{migrated}"')
        with connection.execute_wrapper(recorder):
            schema_migrate(migrated)
        _prove(recorder, migrated, replayed)
    finally:
        _execute(f'DROP SCHEMA IF EXISTS "{migrated}" CASCADE; DROP SCHEMA IF EXISTS "{replayed}" CASCADE')
    with owner_context():
        return SchemaTemplate.objects.create(fingerprint=schema_fingerprint(), statements=recorder.with_places())


def _prove(recorder: Recorder, migrated: str, replayed: str) -> None:
    with transaction.atomic():
        _execute(f'CREATE SCHEMA "{replayed}"')
        _execute(script(recorder.statements), schema=replayed)
    with owner_context(replayed):
        second = describe(replayed)
    with owner_context(migrated):
        first = describe(migrated)
    lines = differences(first, second)
    if lines:
        raise TemplateMismatchError(lines)


def _execute(sql: str, *, schema: str = PUBLIC) -> None:
    with owner_context(schema), connection.cursor() as cursor:
        cursor.execute(sql)
