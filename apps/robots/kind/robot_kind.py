"""One attempt of a run, from its package to its outcome."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps.common.actor import Actor
from apps.common.errors import ApplicationError
from apps.events.services import record
from apps.executions.errors import LeaseLost
from apps.executions.lease import Lease, Outcome
from apps.executions.models import Execution, Status
from apps.executions.services.executions import execution_process_started
from apps.robots.kind.leftovers import artifacts_keep
from apps.robots.kind.policy import sandbox_policy
from apps.robots.kind.preparation import Interrupted, Prepared, prepared
from apps.robots.kind.sink import ExecutionSink
from apps.robots.models import Run
from apps.robots.models.run import KIND
from apps.robots.sandbox.entrypoint import robot_command, robot_environment
from apps.robots.sandbox.frame import Frame
from apps.robots.sandbox.spares import workspace_for_run
from apps.robots.sandbox.spec import ProcessSpec
from apps.robots.selectors.executed import run_with_version
from apps.robots.services.canaries import canary_review
from apps.robots.services.runs import run_facts
from apps.robots.supervision.control import Control
from apps.robots.supervision.log import LogLimits
from apps.robots.supervision.process import Supervision, supervise
from apps.robots.supervision.records import Ending, ExitReport, Level

REMEMBERED = 1024


class RobotKind:
    """Runs robots and writes their story into the ledger."""

    name = KIND

    def __init__(self) -> None:
        self._running: OrderedDict[UUID, Run] = OrderedDict()

    def run(self, lease: Lease) -> Outcome:
        """Prepares, starts and watches the robot, then keeps what it left."""
        run = self._run_of(lease.execution_id)
        if run is None:
            raise LeaseLost
        sink = ExecutionSink(lease)
        try:
            with prepared(run.version, sink=sink, control=lease.control) as ready:
                return outcome_of(self._attempt(lease, run, ready, sink))
        except Interrupted:
            return Outcome(Status.CANCELLED)
        except LeaseLost:
            raise
        except ApplicationError as error:
            sink.say(str(error).splitlines(), Level.ERROR)
            return Outcome(Status.FAILED, None, str(error), retryable=not error.permanent)

    @staticmethod
    def _attempt(lease: Lease, run: Run, ready: Prepared, sink: ExecutionSink) -> ExitReport:
        version = run.version
        frame = Frame(sandbox_policy(), ready.runtime.environment, ready.module, ready.runtime.readable)
        with workspace_for_run(
            frame, f"{run.pk}-{lease.attempt}", package=ready.package, parameters=run.parameters
        ) as workspace:
            spec = ProcessSpec(
                arguments=robot_command(
                    version.entrypoint_type,
                    version.entrypoint_path,
                    run.arguments,
                    workspace=workspace,
                    runtime=ready.runtime,
                ),
                environment=robot_environment(
                    str(run.pk), [run.environment], workspace=workspace, runtime=ready.runtime
                ),
                workspace=workspace,
                directory=version.working_directory,
            )
            report = supervise(spec, sink=sink, control=_obeyed(lease), supervision=_supervision(lease))
            if report.reason is Ending.LOST:
                raise LeaseLost
            artifacts_keep(lease, workspace.artifacts, sink=sink)
            return report

    def changed(self, execution: Execution, *, event: str, actor: Actor, now: datetime) -> None:
        """Writes each change into the ledger, and looks after a canary whose run failed."""
        run = self._run_of(execution.pk)
        if run is None:
            return
        if event != "started":
            self._running.pop(execution.pk, None)
        record(f"run.{event}", actor=actor, subject=run, data=run_facts(run) | _ending(execution), now=now)
        if event == "failed":
            canary_review(actor=actor, run=run, now=now)

    def _run_of(self, execution_id: UUID) -> Run | None:
        """The run, read once for each attempt: nothing that is frozen in it changes."""
        run = self._running.get(execution_id)
        if run is None:
            run = run_with_version(execution_id)
        if run is not None:
            self._running[execution_id] = run
            while len(self._running) > REMEMBERED:
                self._running.popitem(last=False)
        return run


def outcome_of(report: ExitReport) -> Outcome:
    """What the end of the process means for the run. Limits do not change by trying again."""
    if report.reason is Ending.CANCELLED:
        return Outcome(Status.CANCELLED, report.exit_code)
    if report.succeeded:
        return Outcome(Status.COMPLETED, report.exit_code)
    return Outcome(Status.FAILED, report.exit_code, report.error_message, retryable=report.reason is not Ending.LIMIT)


def _ending(execution: Execution) -> dict[str, object]:
    facts = {"attempt": execution.attempt, "exit_code": execution.exit_code, "error": execution.error_message[:500]}
    return {name: value for name, value in facts.items() if value not in {None, ""}}


def _supervision(lease: Lease) -> Supervision:
    env = settings.ENV
    return Supervision(
        timeout=lease.timeout_seconds,
        grace=env.cancel_grace_seconds,
        first_seq=lease.last_seq + 1,
        log=LogLimits.of(env.log_max_lines, env.log_max_bytes),
        on_start=lambda pid, now: execution_process_started(lease, process_id=pid, now=now),
        on_end=lease.vacate,
    )


def _obeyed(lease: Lease) -> Control:
    """The supervisor's control, moved by the lease's: also while the supervisor waits for the database."""
    control = Control()
    lease.control.lost.then(control.lose)
    lease.control.cancelled.then(control.cancel)
    return control
