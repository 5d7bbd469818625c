"""Background tasks: each with ids of the other organization, in one's own context, in none and in the platform's."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from apps.isolation.cases.case import Probe
from apps.isolation.doors.wire import Request
from apps.isolation.secrecy import Secrets
from apps.isolation.staging.stage import Stage
from apps.isolation.surface.values import NoValue, value_of
from apps.isolation.watching import Lines, tables_written
from apps.tenants.celery import TenantTask
from apps.tenants.context import OutsideTenantError, current_schema
from apps.tenants.naming import PLATFORM, PUBLIC
from config.celery import app as celery

FAMILY = "tasks"
HEADER = "_schema_name"


def own_tasks() -> dict[str, Any]:
    """The product's tasks by name."""
    celery.loader.import_default_modules()
    return {name: task for name, task in sorted(celery.tasks.items()) if not name.startswith("celery.")}


def task_cases(stage: Stage, gaps: list[str], *, lines: Lines, disposable: bool) -> Iterator[Probe]:
    """All cases of tasks. Ticks that look after every organization only where the database is thrown away."""
    for name, task in own_tasks().items():
        try:
            given = _arguments(stage, task)
        except NoValue as missing:
            gaps.append(f"task {name}: nothing is named {missing}; let a specimen name it")
            continue
        if not given and not isinstance(task, TenantTask) and not disposable:
            continue
        for schema in (stage.attacker.schema, PUBLIC, PLATFORM):
            yield _case(stage, task, schema, given, lines)


def _arguments(stage: Stage, task: Any) -> dict[str, str]:
    """Every argument that a task must have, with values of the other organization."""
    found = {}
    for name, parameter in inspect.signature(task.run).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD or parameter.default is not inspect.Parameter.empty:
            continue
        found[name] = stage.victim.named["pool"] if name == "queue" else value_of(stage.victim, name)
    return found


def _case(stage: Stage, task: Any, schema: str, given: dict[str, str], lines: Lines) -> Probe:
    def check() -> str | None:
        lines.taken()
        with transaction.atomic():
            outcome = task.apply(kwargs=dict(given), headers={HEADER: schema})
            written = tables_written(stage.victim.schema)
            transaction.set_rollback(True)
        return _problem(stage.victim.secrets, task, schema, given, outcome, written, lines.taken())

    what = ", ".join(f"{name} of theirs" for name in given) or "no arguments"
    return Probe(
        family=FAMILY, name=f"{task.name} · in {_told(stage, schema)} · {what}", covers=f"task {task.name}", check=check
    )


def _told(stage: Stage, schema: str) -> str:
    return "the own context" if schema == stage.attacker.schema else f"the context {schema}"


def _problem(
    secrets: Secrets, task: Any, schema: str, given: dict[str, str], outcome: Any, written: str, log: bytes
) -> str | None:
    asked = Request("TASK", "", " ".join(given.values()))
    if current_schema() != PUBLIC:
        return f"left the context {current_schema()} behind"
    if written:
        return f"wrote to the other's tables: {written}"
    if found := secrets.seen_in(log + repr(outcome.result).encode(), given=asked.given()):
        return f"result or log hold {found[0]} of {secrets.owner}"
    if isinstance(task, TenantTask) and schema == PUBLIC and not isinstance(outcome.result, OutsideTenantError):
        return "ran without an organization"
    return None
