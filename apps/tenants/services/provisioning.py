"""New schemas: the SQL of the real migrations, recorded once, replayed in one round trip.

Measured: migrations 1.2-2.8 s, replay 0.2-0.45 s, a spare made beforehand about 1 ms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg import ClientCursor

from apps.tenants.context import owner_context, public_context
from apps.tenants.models import SchemaTemplate, SpareSchema
from apps.tenants.naming import new_schema_name
from apps.tenants.services.roles import role_drop, schema_grants
from apps.tenants.signals import schema_prepared

logger = structlog.get_logger(__name__)
TEMPLATE = "template"
_KEPT = ("CREATE", "ALTER", "INSERT", "UPDATE", "DELETE", "DO", "COMMENT", "DROP", "GRANT", "REVOKE")
_inputs: list[Callable[[], str]] = []


def fingerprint_input(source: Callable[[], str]) -> Callable[[], str]:
    """Registers text (say, the table of roles) that, like a new migration, makes older schemas out of date."""
    _inputs.append(source)
    return source


def schema_fingerprint() -> str:
    """What a schema must have been made from to be current: the tenant apps' migrations and the registered inputs."""
    labels = {app.rsplit(".", 1)[-1] for app in settings.TENANT_APPS}
    loader = MigrationLoader(None, ignore_no_migrations=True)
    names = sorted(f"{app}.{name}" for app, name in loader.disk_migrations if app in labels)
    return hashlib.sha256("\n".join([*names, *(source() for source in _inputs)]).encode()).hexdigest()


def schema_migrate(schema: str) -> None:
    """Runs Django's migrations and the reference rows in one existing schema, as its owner."""
    with owner_context():
        call_command("migrate_schemas", schema_name=schema, tenant=True, interactive=False, verbosity=0)
    with owner_context(schema), transaction.atomic():
        schema_prepared.send(sender=None, schema=schema)


class _Recorder:
    """Keeps the statements that change something, with their parameters written in."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        text = str(sql).lstrip()
        if text.upper().startswith(_KEPT):
            rows = params if many else [params]
            raw = ClientCursor(context["connection"].connection)
            self.statements += [(raw.mogrify(text, row) if row else text).rstrip().rstrip(";") for row in rows]
        return result


def template_ensure() -> SchemaTemplate:
    """The template for the current migrations, recorded when there is none yet."""
    fingerprint = schema_fingerprint()
    with owner_context():
        found = SchemaTemplate.objects.filter(fingerprint=fingerprint).first()
        if found is not None:
            return found
        _execute(f'DROP SCHEMA IF EXISTS "{TEMPLATE}" CASCADE; CREATE SCHEMA "{TEMPLATE}"')
        recorder = _Recorder()
        with connection.execute_wrapper(recorder):
            schema_migrate(TEMPLATE)
        _execute(f'DROP SCHEMA "{TEMPLATE}" CASCADE')
        SchemaTemplate.objects.exclude(fingerprint=fingerprint).delete()
        return SchemaTemplate.objects.create(fingerprint=fingerprint, statements=recorder.statements)


def schema_create(schema: str, template: SchemaTemplate) -> None:
    """Makes a schema with its tables, reference rows and role in one transaction."""
    with owner_context(schema), transaction.atomic():
        _execute(f'CREATE SCHEMA "{schema}"')
        _execute(";\n".join(template.statements))
        if settings.TENANT_ROLES:
            schema_grants(schema)


def schema_drop(schema: str) -> None:
    """Removes a schema, all in it, and its role."""
    with owner_context(), transaction.atomic():
        _execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        if settings.TENANT_ROLES:
            role_drop(schema)


def schema_take() -> tuple[str, str]:
    """A fresh schema for a new organization, with its fingerprint: a spare when there is one, else made now."""
    template = template_ensure()
    with public_context(), transaction.atomic():
        spare = (
            SpareSchema.objects.select_for_update(skip_locked=True).filter(fingerprint=template.fingerprint).first()
        )
        if spare is not None:
            spare.delete()
            return spare.schema_name, template.fingerprint
    schema = new_schema_name()
    schema_create(schema, template)
    return schema, template.fingerprint


def spares_replenish(count: int) -> int:
    """Drops spares of older migrations and makes new ones until ``count`` wait; returns how many were made."""
    template = template_ensure()
    with owner_context():
        for stale in SpareSchema.objects.exclude(fingerprint=template.fingerprint):
            stale.delete()
            schema_drop(stale.schema_name)
        missing = count - SpareSchema.objects.filter(fingerprint=template.fingerprint).count()
        for _number in range(missing):
            schema = new_schema_name()
            schema_create(schema, template)
            SpareSchema.objects.create(schema_name=schema, fingerprint=template.fingerprint)
    return max(missing, 0)


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
