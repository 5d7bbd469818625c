"""The organizations whose robots run in the chaos: made before it begins, read when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.payloads import Client
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.platform import password_generate
from apps.accounts.services.sessions import session_start, tokens_issue
from apps.accounts.services.users import user_create
from apps.common.actor import Actor
from apps.dispatch.models import Ticket
from apps.events.models import Event
from apps.executions.models import LogChunk
from apps.robots.models import Robot, Run
from apps.robots.payloads import Publication, Upload
from apps.robots.services.publications import package_prepared
from apps.robots.services.robots import robot_create
from apps.robots.services.runs import run_start
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization
from apps.tenants.services.organizations import organization_create
from tests.chaos.history import History
from tests.chaos.robot import PROGRAM

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Party:
    """An organization with somebody who starts runs of its robot."""

    schema: str
    robot: UUID
    owner: UUID
    token: str


def party(name: str) -> Party:
    """Makes one, with a published robot."""
    organization = organization_create(name=name)
    with tenant_context(organization):
        return _furnished(organization)


def _furnished(organization: Organization) -> Party:
    now, schema = timezone.now(), organization.schema_name
    owner = user_create(
        actor=Actor.system("chaos", schema=schema),
        email=f"owner@{organization.slug}.example",
        name="Owner",
        role="org_admin",
        password=password_generate(),
        now=now,
    )
    session = session_start(user=owner, schema=schema, client=Client(ip=None, device="chaos"), now=now)
    tokens = tokens_issue(session=session, user=owner, organization=organization, now=now)
    upload = Upload(name="main.py", file=ContentFile(PROGRAM.encode(), name="main.py"))
    actor = _actor(owner.pk, schema)
    with package_prepared(actor=actor, publication=Publication(version="1.0.0"), upload=upload) as package:
        robot = robot_create(actor=actor, name="Chaos", initial_version=package, now=now)
    return Party(schema, robot.pk, owner.pk, tokens.access_token)


def _actor(owner: UUID, schema: str) -> Actor:
    known = User.objects.select_related("role").get(pk=owner)
    return actor_of_user(known, schema=schema, ip=None)


def start_with_attempts(of: Party, parameters: dict[str, Any]) -> None:
    """Accepts a run that may be tried several times, which the API leaves to schedules."""
    with tenant_context(of.schema):
        run_start(
            actor=_actor(of.owner, of.schema),
            robot=Robot.objects.get(pk=of.robot),
            parameters=parameters,
            max_attempts=ATTEMPTS,
            now=timezone.now(),
        )


def unfinished(parties: list[Party]) -> int:
    """How many runs have not ended, or still have a ticket."""
    count = 0
    for one in parties:
        with tenant_context(one.schema):
            count += Run.objects.filter(execution__finished_at=None).count()
    with public_context():
        return count + Ticket.objects.filter(schema_name__in=[one.schema for one in parties]).count()


def runs_of(parties: list[Party]) -> set[str]:
    """The ids of all runs."""
    found: set[str] = set()
    for one in parties:
        with tenant_context(one.schema):
            found.update(str(pk) for pk in Run.objects.values_list("pk", flat=True))
    return found


def note_finals(parties: list[Party], history: History) -> None:
    """Writes what the database holds of every run into the history."""
    with public_context():
        tickets = {str(pk) for pk in Ticket.objects.values_list("pk", flat=True)}
    for one in parties:
        with tenant_context(one.schema):
            for kind, facts in _rows(tickets):
                history.note(kind, **facts)
    connection.close()


def _rows(tickets: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for run in Run.objects.select_related("execution").order_by("id"):
        execution, run_id = run.execution, str(run.pk)
        yield (
            "final",
            {
                "run": run_id,
                "key": run.parameters.get("key", ""),
                "lines": run.parameters.get("lines", 0),
                "status": str(execution.status),
                "attempt": execution.attempt,
                "max_attempts": execution.max_attempts,
                "last_seq": execution.last_seq,
                "error": execution.error_message[:200],
                "ticket": run_id in tickets,
            },
        )
    for chunk in LogChunk.objects.order_by("execution_id", "first_seq"):
        lines = [line[3] for line in chunk.lines]
        facts = {"first_seq": chunk.first_seq, "last_seq": chunk.last_seq, "lines": lines}
        yield "chunk", {"run": str(chunk.execution_id), **facts}
    for event in Event.objects.filter(name__startswith="run.").order_by("id"):
        yield "ledger", {"run": event.subject_id, "name": event.name}
