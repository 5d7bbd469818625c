"""What the rows work with: an organization, its people and robots, and real processes of the product."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.accounts.services.credentials import actor_of_user
from apps.common.actor import Actor
from apps.common.ids import uuid7
from apps.common.testing import eventually
from apps.dispatch.models import Ticket
from apps.executions.models import Execution, Status
from apps.robots.models import Robot
from apps.robots.payloads import Publication, Upload
from apps.robots.services.publications import package_prepared
from apps.robots.services.robots import robot_create
from apps.robots.services.runs import run_start
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.services.organizations import organization_create
from bench.people import member, token_of
from config.embedded import EmbeddedServers
from config.servers.redis import Redis as RedisServer
from tests.live import Home, Live, Process, Web

POLL_SECONDS = 0.004
WORK_SECONDS = 120
END_SECONDS = 5
PROGRAM_SECONDS = 180


@dataclass
class Stage:
    """One organization with one administrator, and the ways to start processes for it."""

    live: Live
    organization: Organization
    actor: Actor
    token: str

    @property
    def schema(self) -> str:
        return str(self.organization.schema_name)

    # -- processes

    @contextmanager
    def worker(self, *, slots: int = 4, include: str = "bench.kinds", **environment: str) -> Iterator[Process]:
        """A worker process while the block runs."""
        process = self.live.worker(include=include, WORKER_SLOTS=str(slots), **environment)
        with ended(process):
            yield process

    @contextmanager
    def web(self, **environment: str) -> Iterator[Web]:
        """A web process while the block runs."""
        web = self.live.web(**environment)
        with ended(web.process):
            yield web

    @contextmanager
    def program(self, module: str, *arguments: str, **environment: str) -> Iterator[Process]:
        """Any other program of ours while the block runs."""
        process = self.live.start(module.rpartition(".")[2], "-m", module, *arguments, **environment)
        with ended(process):
            yield process

    def measured(self, module: str, row: str, side: Mapping[str, Any]) -> dict[str, list[float]]:
        """The rounds that a program of its own found for a row, with what it needs to know in ``side``."""
        file = self.files / f"{row}.json"
        environment = {"DJANGO_SETTINGS_MODULE": "bench.settings", "BENCH_SIDE": json.dumps(side)}
        with self.program(module, str(file), row, **environment) as process:
            eventually(lambda: not process.running, seconds=PROGRAM_SECONDS, interval=0.1)
            if process.wait() != 0:
                raise RuntimeError(process.output()[-4000:])
        rounds: dict[str, list[float]] = json.loads(file.read_text("utf-8"))
        return rounds

    @property
    def files(self) -> Path:
        """Where programs leave what they measured."""
        return self.live.directory

    # -- work

    def robot(self, source: str) -> Robot:
        """A new robot with one active version of one file."""
        publication = Publication(version="1.0.0", entrypoint_path="main.py", entrypoint_type="PYTHON")
        upload = Upload(name="main.py", file=ContentFile(source.encode()))
        with (
            tenant_context(self.organization),
            package_prepared(actor=self.actor, publication=publication, upload=upload) as package,
        ):
            return robot_create(actor=self.actor, name=str(uuid7()), initial_version=package, now=timezone.now())

    def start(self, robot: Robot, *arguments: str) -> UUID:
        """A run, accepted as the API accepts it. Call it inside the organization."""
        return run_start(actor=self.actor, robot=robot, runtime_arguments=arguments, now=timezone.now()).pk

    def execution(self, execution_id: UUID) -> Execution:
        with tenant_context(self.organization):
            return Execution.objects.get(pk=execution_id)

    def finish(self, execution_id: UUID) -> Execution:
        """Waits until an execution is over; anything but success ends the benchmark."""
        eventually(lambda: self.execution(execution_id).is_finished, seconds=WORK_SECONDS, interval=POLL_SECONDS)
        execution = self.execution(execution_id)
        if execution.status != Status.COMPLETED:
            raise RuntimeError(f"{execution} is {execution.status}: {execution.error_message}")
        return execution

    def drained(self) -> None:
        """Waits until no work is left, at the price of one small query every few milliseconds."""
        with plain_connection() as connection:
            question = f"SELECT NOT EXISTS (SELECT FROM {Ticket._meta.db_table})"
            eventually(
                lambda: connection.execute(question).fetchone() == (True,), seconds=WORK_SECONDS, interval=POLL_SECONDS
            )


@contextmanager
def ended(process: Process) -> Iterator[Process]:
    """Ends a process in good order when the block ends, by force when it does not listen."""
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
        process.end()


def plain_connection(**options: Any) -> psycopg.Connection[Any]:
    """A connection without any of our code between: for baselines."""
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, **options)


def make_stage(servers: EmbeddedServers, directory: Path) -> Stage:
    """The organization every row but those about many organizations works in; the database is migrated by now."""
    organization = organization_create(name="Bench")
    home = Home("oficina", os.environ["DATABASE_URL"], (organization.schema_name, ""))
    live = Live(home, cast("RedisServer", servers.redis), directory)
    with tenant_context(organization):
        user = member("owner@bench.example", "org_admin")
        actor = actor_of_user(user, schema=organization.schema_name, ip=None)
        token = token_of(user, organization)
    return Stage(live, organization, actor, token)
