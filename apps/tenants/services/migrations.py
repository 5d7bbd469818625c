"""Bringing schemas to the current migrations: the shared one, and each organization's."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import structlog
from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import override

from apps.tenants.context import owner_context
from apps.tenants.models import MigrationState, Organization
from apps.tenants.plans import OwnRecorder, Point, plan_from
from apps.tenants.services.roles import default_rights_revoke, schema_grants, schemas_without_role, shared_roles_ensure
from apps.tenants.signals import schema_prepared

_ERROR_CHARACTERS = 4000
LOCK_SECONDS = 10.0
logger = structlog.get_logger(__name__)


def schema_migrate(schema: str) -> None:
    """Runs Django's migrations and makes the reference rows in one existing schema, as its owner.

    It waits ten seconds for a lock at most: behind a migration that waits, every request of the organization would.
    Raises ``OperationalError`` then. No actor: part of the migrations.
    """
    with owner_context(schema), _without_long_waits():
        recorder = OwnRecorder(connection)
        recorder.ensure_schema()
        point = frozenset(recorder.applied_migrations())
        if not point:
            call_command(DjangoMigrate(), interactive=False, verbosity=0, skip_checks=True)
        else:
            with override(None):  # as Django's command
                _migrate_on(point)
        with transaction.atomic():
            schema_prepared.send(sender=None, schema=schema)


def _migrate_on(point: Point) -> None:
    """What Django's command does, but ``post_migrate`` is sent only where content types or permissions are missing."""
    plan_from(point).apply()
    found = ContentType.objects.values_list("app_label", "model", "permission__codename")
    if not _content_types_and_permissions() <= {*found}:
        emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)


@cache
def _content_types_and_permissions() -> set[tuple[str, str, str | None]]:
    """What Django makes of the models: their actions, or none where a model has no permissions."""
    options = [model._meta for config in apps.get_app_configs() for model in config.get_models()]
    return {
        (of.app_label, str(of.model_name), codename)
        for of in options
        for codename in [
            *(get_permission_codename(action, of) for action in of.default_permissions),
            *(codename for codename, _name in of.permissions),
        ]
        or [None]
    }


@contextmanager
def _without_long_waits() -> Iterator[None]:
    _lock_timeout(LOCK_SECONDS)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            _lock_timeout(0)


def _lock_timeout(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{seconds * 1000:.0f}"])


def shared_migrate() -> bool:
    """Migrates ``public``, and makes its roles and row rules; returns whether there was anything to do.

    No actor: part of the migrations.
    """
    with owner_context():
        executor = MigrationExecutor(connection)
        pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        default_rights_revoke()
        if pending:
            call_command(DjangoMigrate(), interactive=False, verbosity=0, skip_checks=True)
    shared_roles_ensure()
    return pending


def organizations_outdated(fingerprint: str) -> list[str]:
    """Schemas of the organizations that are not current or have no role, found without visiting them.

    No actor: part of the migrations.
    """
    with owner_context():
        rows = list(
            Organization.objects.order_by("created_at").values_list("schema_name", "schema_version", "migration_state")
        )
    without_role = {*schemas_without_role([schema for schema, *_rest in rows])}
    return [
        schema
        for schema, version, state in rows
        if version != fingerprint or state != MigrationState.CURRENT or schema in without_role
    ]


def organization_migrate(schema: str, fingerprint: str) -> str:
    """Brings one organization to the current migrations and notes the outcome on its row; returns the error, if any.

    No actor: part of the migrations. An error stops nothing else; the next call goes on where this one ended.
    """
    error = ""
    try:
        schema_migrate(schema)
        with owner_context(), transaction.atomic():
            schema_grants(schema)
    except Exception:
        logger.exception("organization_migration_failed", schema=schema)
        error = traceback.format_exc()[-_ERROR_CHARACTERS:]
    version = {"schema_version": fingerprint} if not error else {}
    with owner_context():
        Organization.objects.filter(schema_name=schema).update(
            migration_state=MigrationState.FAILED if error else MigrationState.CURRENT, migration_error=error, **version
        )
    return error


def versions_forget(schema: str | None = None) -> None:
    """Marks organizations (or one) as not current, before somebody migrates by hand; the next command looks again.

    No actor: part of the migrations. Does nothing in an empty database.
    """
    with owner_context():
        if Organization._meta.db_table in connection.introspection.table_names():
            chosen = Organization.objects.filter(schema_name=schema) if schema else Organization.objects.all()
            chosen.update(schema_version="")
