"""Specimens of robots: packages, runs with logs and files, schedules."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import transaction

from apps.common.actor import Actor
from apps.dispatch.services.claims import ticket_claim
from apps.executions.lease import Lease, Outcome
from apps.executions.models import Artifact, Status
from apps.executions.services.artifacts import artifact_store
from apps.executions.services.executions import execution_progress
from apps.executions.services.logs import LogLine, log_append
from apps.executions.services.transitions import execution_finish, executions_start
from apps.isolation.staging.furnishing import Furnishing, Shelf
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.payloads import Publication, Upload
from apps.robots.services.publications import Package, package_prepared
from apps.robots.services.robots import robot_create
from apps.robots.services.runs import queue_of, run_start
from apps.robots.services.schedules import schedule_create, schedules_fire
from apps.robots.services.versions import version_publish
from apps.tenants.context import public_context, tenant_context

LEASE_SECONDS = 60.0
YEARLY = "0 3 1 1 *"


def furnish(into: Furnishing) -> None:
    """Two robots of a kind, one of which the guest may not see; their schedules have fired once and will not soon."""
    actor = into.actor("owner")
    for shelf in (into.shown, into.hidden):
        robot = _robot(shelf, actor=actor, now=into.now)
        run = _run(robot, shelf, actor=actor, now=into.now)
        shelf.named |= {"run_id": str(run.pk), "execution_id": str(run.pk)}
        _work_off(into, run, shelf)
        _run(robot, shelf, actor=actor, now=into.now)  # this one goes on waiting
        schedule = schedule_create(
            actor=actor,
            robot=robot,
            values={"name": shelf.text("Yearly"), "cron": YEARLY, "timezone": "UTC", "parameters": _inputs(shelf)},
            now=into.now,
        )
        shelf.named["schedule_id"] = str(schedule.pk)
        if schedule.next_due_at is None:
            raise AssertionError("a yearly schedule is always due again")
        schedules_fire(now=schedule.next_due_at + timedelta(seconds=1))


def _robot(shelf: Shelf, *, actor: Actor, now: datetime) -> Robot:
    tag = f"tag-{shelf.word}"
    with _prepared(shelf, "1.0.0", actor=actor) as package:
        robot = robot_create(
            actor=actor,
            name=shelf.text("Robot"),
            description=shelf.text("Description"),
            tags=[tag],
            pool=shelf.pool,
            initial_version=package,
            now=now,
        )
    old = RobotVersion.objects.get(robot=robot)
    with _prepared(shelf, "2.0.0", actor=actor, robot=robot) as package:
        new = version_publish(actor=actor, robot=robot, package=package, now=now)
    shelf.named |= {
        "robot_id": str(robot.pk),
        "version_id": str(new.pk),
        "old_id": str(old.pk),
        "new_id": str(new.pk),
        "default_version_id": str(new.pk),
        "content_type_id": str(ContentType.objects.get_for_model(Robot).pk),
        "tag": tag,
        "pool": shelf.pool,
        "name": robot.name,
    }
    return robot


def _prepared(
    shelf: Shelf, version: str, *, actor: Actor, robot: Robot | None = None
) -> AbstractContextManager[Package]:
    publication = Publication(
        version=version,
        arguments=[shelf.text("--first")],
        env_vars={"OWNER": shelf.word},
        changelog=shelf.text("Changes"),
        branch=shelf.word,
        build_url=f"https://build.example/{shelf.word}",
    )
    upload = Upload(name="main.py", file=ContentFile(f"print('{shelf.text(version)}')\n".encode(), name="main.py"))
    return package_prepared(actor=actor, publication=publication, upload=upload, robot=robot)


def _inputs(shelf: Shelf) -> dict[str, str]:
    return {"customer": shelf.text("Customer")}


def _run(robot: Robot, shelf: Shelf, *, actor: Actor, now: datetime) -> Run:
    return run_start(
        actor=actor,
        robot=robot,
        runtime_arguments=[shelf.word],
        runtime_env={"SECOND": shelf.word},
        parameters=_inputs(shelf),
        now=now,
    )


def _work_off(into: Furnishing, run: Run, shelf: Shelf) -> None:
    """Does what a worker would do for the run: claims it, logs, leaves a file, finishes it."""
    lease = _claimed(into, queue_of(run.robot))
    log_append(lease, [LogLine(into.now, "INFO", "stdout", shelf.text(f"line {n}")) for n in range(3)], now=into.now)
    execution_progress(lease, done=1, total=2, message=shelf.text("half"), now=into.now)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "report.csv"
        file.write_text(f"customer\n{shelf.text('Customer')}\n", encoding="utf-8")
        artifact: Artifact = artifact_store(lease, name=f"report-{shelf.word}.csv", path=file, now=into.now)
    shelf.named["artifact_id"] = str(artifact.pk)
    outcome = Outcome(Status.FAILED, exit_code=1, error_message=shelf.text("Process returned exit code 1"))
    execution_finish(lease, outcome, now=into.now)


def _claimed(into: Furnishing, queue: str) -> Lease:
    """The one ticket of a queue that nobody else knows."""
    with public_context(), transaction.atomic():
        [ticket] = ticket_claim(queues=[queue], worker="isolation", limit=1, lease_seconds=LEASE_SECONDS).tickets
        with tenant_context(into.organization):
            [lease] = executions_start(claimed=[ticket], worker="isolation", now=into.now)
    return lease
