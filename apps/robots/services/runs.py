"""Runs: accepted, cancelled, started again. How a run goes stands in its execution, which has the same id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import require
from apps.common.actor import Actor
from apps.common.ids import uuid7
from apps.events.services import record
from apps.executions.errors import ExecutionFinished
from apps.executions.models import Status
from apps.executions.services.executions import execution_cancel, execution_create
from apps.robots.errors import MissingEnvironment, RobotArchived, RunFinished, RunNotFinished, VersionNotFound
from apps.robots.models import Robot, RobotVersion, Run, Schedule, TriggerType
from apps.robots.models.run import KIND
from apps.robots.payloads import ServiceReference, arguments_checked, environment_checked, parameters_checked
from apps.robots.selectors.executed import active_version
from apps.tenants.rows import Rows

_RUNS = Rows(Run)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInputs:
    """What a run is given, resolved and frozen: nothing that changes later changes it."""

    version: RobotVersion
    is_canary: bool
    arguments: list[str]
    environment: dict[str, str]
    parameters: dict[str, Any]


def queue_of(robot: Robot) -> str:
    """The queue of a robot's pool. No actor: it only computes."""
    return f"robots.{robot.pool}"


def run_start(
    *,
    actor: Actor,
    robot: Robot,
    version: RobotVersion | None = None,
    runtime_arguments: Sequence[str] = (),
    runtime_env: Mapping[str, str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    priority: int = 0,
    timeout_seconds: int | None = None,
    trigger_type: TriggerType | str = TriggerType.MANUAL,
    service: ServiceReference | None = None,
    schedule: Schedule | None = None,
    retry_of: Run | None = None,
    max_attempts: int = 1,
    retry_backoff_seconds: int = 0,
    now: datetime,
) -> Run:
    """Accepts a run of ``version``, or of the active one (a canary takes its share). Times are in seconds.

    Raises ``PermissionDenied``, ``RobotArchived``, ``VersionNotFound``, ``MissingEnvironment`` and, for values that
    cannot be given to a program, ``BadRequest`` or ``InvalidEnvironment``.
    """
    run_id = uuid7()
    inputs = run_plan(
        actor=actor,
        robot=robot,
        version=version,
        runtime_arguments=runtime_arguments,
        runtime_env=runtime_env,
        parameters=parameters,
        run_id=run_id,
    )
    with transaction.atomic():
        execution = execution_create(
            actor=actor,
            kind=KIND,
            queue=queue_of(robot),
            timeout_seconds=timeout_seconds or settings.ENV.run_timeout_seconds,
            priority=priority,
            max_attempts=max_attempts,
            retry_backoff_seconds=retry_backoff_seconds,
            execution_id=run_id,
            now=now,
        )
        run = Run(
            id=run_id,
            created_at=now,
            execution=execution,
            robot=robot,
            trigger_type=trigger_type,
            retry_of=retry_of,
            schedule=schedule,
            **_frozen(inputs, service),
        )
        _RUNS.add(run)
        record("run.queued", actor=actor, subject=run, data=run_facts(run), now=now)
    return run


def _frozen(inputs: RunInputs, service: ServiceReference | None) -> dict[str, Any]:
    """Columns of a run that nothing changes any more."""
    columns: dict[str, Any] = {
        "version": inputs.version,
        "is_canary": inputs.is_canary,
        "arguments": inputs.arguments,
        "environment": inputs.environment,
        "parameters": inputs.parameters,
    }
    if service is not None:
        columns |= {
            "service_id": service.id,
            "service_title": service.title,
            "service_revision": service.revision,
        }
    return columns


def run_plan(
    *,
    actor: Actor,
    robot: Robot,
    version: RobotVersion | None = None,
    runtime_arguments: Sequence[str] = (),
    runtime_env: Mapping[str, str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    run_id: UUID | None = None,
) -> RunInputs:
    """What :func:`run_start` would freeze, without writing anything (a dry run). Raises what it raises."""
    require(actor, "robot.run", robot)
    if robot.archived_at is not None:
        raise RobotArchived
    if version is not None and version.robot_id != robot.pk:
        raise VersionNotFound
    chosen, is_canary = (version, False) if version is not None else _version_due(robot, run_id)
    environment = dict(chosen.env_vars) | environment_checked(runtime_env or {}, name="runtime_env")
    missing = [key for key in chosen.required_env_keys if key not in environment]
    if missing:
        raise MissingEnvironment(
            _("Missing environment variables: %(names)s.") % {"names": ", ".join(missing)},
            errors={"runtime_env": [_("Missing: %(names)s.") % {"names": ", ".join(missing)}]},
            extra={"missing_env_keys": missing},
        )
    return RunInputs(
        version=chosen,
        is_canary=is_canary,
        arguments=[*chosen.arguments, *arguments_checked(runtime_arguments, name="runtime_arguments")],
        environment=environment,
        parameters=parameters_checked(parameters or {}, name="parameters"),
    )


def _version_due(robot: Robot, run_id: UUID | None) -> tuple[RobotVersion, bool]:
    """The active version, or the canary for its share of run ids, whose last bits are random."""
    if run_id is not None and robot.canary_version_id and run_id.int % 100 < robot.canary_percent:
        canary = RobotVersion.objects.filter(pk=robot.canary_version_id).first()
        if canary is not None:
            return canary, True
    active = active_version(robot)
    if active is None:
        raise VersionNotFound(_("The robot has no active version."))
    return active, False


def run_cancel(*, actor: Actor, run: Run, now: datetime) -> bool:
    """Cancels a waiting run at once, or has a running one stopped; returns False where it was cancelled already.

    Raises ``PermissionDenied``, and ``RunFinished`` for a run that ended in any other way.
    """
    require(actor, "run.cancel", run.robot)
    if run.execution.status == Status.CANCELLED:
        return False
    if run.execution.is_finished:
        raise RunFinished
    try:
        execution_cancel(actor=actor, execution=run.execution, now=now)
    except ExecutionFinished as error:
        raise RunFinished from error
    return True


def run_retry(*, actor: Actor, run: Run, now: datetime) -> Run:
    """Accepts a new run with the same frozen inputs, linked to ``run``.

    Raises ``PermissionDenied``, ``RunNotFinished``, ``RobotArchived`` and what has become wrong with the inputs.
    """
    require(actor, "robot.run", run.robot)
    if not run.execution.is_finished:
        raise RunNotFinished
    own_arguments = len(run.version.arguments)
    return run_start(
        actor=actor,
        robot=run.robot,
        version=run.version,
        runtime_arguments=run.arguments[own_arguments:],
        runtime_env={k: v for k, v in run.environment.items() if run.version.env_vars.get(k) != v},
        parameters=run.parameters,
        priority=run.execution.priority,
        timeout_seconds=run.execution.timeout_seconds,
        trigger_type=TriggerType.RETRY,
        service=service_of(run),
        retry_of=run,
        max_attempts=run.execution.max_attempts,
        retry_backoff_seconds=run.execution.retry_backoff_seconds,
        now=now,
    )


def service_of(run: Run) -> ServiceReference | None:
    """The portal's service behind a run. No actor: it only computes."""
    if run.service_id is None:
        return None
    return ServiceReference(run.service_id, run.service_title, run.service_revision or 0)


def run_facts(run: Run) -> dict[str, Any]:
    """What the ledger says of a run: ids and plain words, no inputs. No actor: it only computes."""
    facts = {
        "run_id": run.pk,
        "robot_id": run.robot_id,
        "version_id": run.version_id,
        "trigger_type": str(run.trigger_type),
        "service_id": run.service_id,
        "schedule_id": run.schedule_id,
        "retry_of": run.retry_of_id,
    }
    return {name: str(value) for name, value in facts.items() if value is not None}
