"""The migrations that schemas at one point lack, with the models of each moment: made once, applied to many schemas.

Django makes those models anew in every schema, which takes many times longer than what the migrations then do.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.core.management.sql import emit_pre_migrate_signal
from django.db import connection
from django.db.migrations import Migration, RunPython
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from apps.tenants.origin import schema_here

Point = frozenset[tuple[str, str]]
"""Migrations that were applied, by app and name."""
_KEPT = 4  # points at once: organizations made since are current, and few others ever failed


class OwnRecorder(MigrationRecorder):
    """Looks for its table in the current schema: not in ``public``, and not among the tables of all organizations."""

    def has_table(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f'"{schema_here()}".django_migrations'])
            return bool(cursor.fetchone()[0])


class Kept(Operation):
    """An operation with the models before and after it, whatever the schema. It changes neither."""

    def __init__(self, operation: Operation, before: ProjectState, after: ProjectState) -> None:
        self.operation, self.before, self.after = operation, before, after
        self.atomic = operation.atomic  # type: ignore[misc]  # Django asks the instance

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for state in (self.before, self.after):  # what the manager knows are ids of the schema before
            state.apps.get_model("contenttypes", "ContentType").objects.clear_cache()
        self.operation.database_forwards(app_label, schema_editor, self.before, self.after)


class Plan:
    """How schemas at the point of the current one become current. Its migrations follow Django's order."""

    def __init__(self) -> None:
        """Looks at the current schema."""
        self._executor = MigrationExecutor(connection)
        self._executor.loader.check_consistent_history(connection)
        leaves = self._executor.loader.graph.leaf_nodes()
        plan = self._executor.migration_plan(leaves)
        missing = {migration for migration, _backwards in plan}
        full = self._executor.migration_plan(leaves, clean_start=True)
        self._migrations = [migration for migration, _backwards in full if migration in missing]
        if plan:
            state = self._executor._create_project_state(with_applied_migrations=True)  # type: ignore[attr-defined]
            # once: where a model is renamed, Django adds an operation that renames its content type
            emit_pre_migrate_signal(verbosity=0, interactive=False, db=connection.alias, apps=state.apps, plan=plan)
            for migration in self._migrations:
                state = _keep(migration, state)

    def apply(self) -> None:
        """Applies and records the migrations in the current schema, each in its transaction if it is atomic."""
        for migration in self._migrations:
            self._executor.apply_migration(ProjectState(), migration)
        if self._executor.loader.replacements:
            self._executor.check_replacements()


@lru_cache(maxsize=_KEPT)
def plan_from(point: Point) -> Plan:
    """The plan of schemas at this point, which the current one must be at."""
    return Plan()


def _keep(migration: Migration, state: ProjectState) -> ProjectState:
    """Gives the migration's operations the states that they go between; returns the last one."""
    kept: list[Operation] = []
    for operation in migration.operations:
        after = state.clone()
        operation.state_forwards(migration.app_label, after)
        if isinstance(operation, RunPython):  # asks for relations of models that Django left for later
            state.clear_delayed_apps_cache()
            state.is_delayed = False  # it would ask again in each schema
        kept.append(Kept(operation, state, after))
        state = after
    migration.operations = kept  # type: ignore[misc]  # a list of its own in each instance
    return state
