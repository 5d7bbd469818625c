"""An organization with a service and somebody who may run it, for tests in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.users import user_create
from apps.common.actor import Actor
from apps.common.ids import uuid7
from apps.executions.models import Execution, LogChunk, Status
from apps.portal.services.domains import domain_create
from apps.portal.services.services import service_create
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.services.runs import run_start
from apps.robots.tests.factories import robot_made, version_made
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD, bearer
from tests.live import Live, Web

SIGN_IN_OFTEN = {"RATE_LIMIT_LOGIN": "1000/minute"}
ROBOT = r"""
import os, pathlib, sys, time

print("::group::Preparing::", flush=True)
print("step one")
print("step two")
print("::endgroup::", flush=True)
print("::group::Orders::")
for number in range(int(sys.argv[1])):
    print(f"::progress done={number + 1} total={sys.argv[1]} message=Order {number}::")
    print(f"\x1b[32morder\x1b[0m {number} <b>for {sys.argv[2]}</b>", flush=True)
    time.sleep(0.1)
print("::warning::one was late")
print("::error::one was refused", flush=True)
folder = pathlib.Path(os.environ["OFICINA_ARTIFACTS"])
(folder / "orders.csv").write_text("order,total\n1,10\n2,20\n")
dot = "47494638396101000100800000ff0000ffffff2c00000000010001000002024401003b"
(folder / "dot.gif").write_bytes(bytes.fromhex(dot))
"""
FIELDS: list[dict[str, Any]] = [
    {"key": "name", "label": "Name", "type": "text", "required": True, "helpText": "For whom"},
    {"key": "count", "label": "Count", "type": "integer", "default": 3, "validation": {"min": 1, "max": 600}},
    {
        "key": "kind",
        "label": "Kind",
        "type": "select",
        "options": [{"label": "Plain", "value": "plain"}, {"label": "Gift", "value": "gift"}],
    },
    {
        "key": "card",
        "label": "Text of the card",
        "type": "textarea",
        "showIf": {"field": "kind", "operator": "eq", "value": "gift"},
    },
    {"key": "robot", "label": "Robot", "type": "select", "optionsFrom": {"provider": "robots"}},
    {
        "key": "version",
        "label": "Version",
        "type": "select",
        "optionsFrom": {"provider": "versions"},
        "dependsOn": "robot",
    },
    {
        "key": "days",
        "label": "Days",
        "type": "multiselect",
        "options": [{"label": "Monday", "value": 1}, {"label": "Friday", "value": 5}],
    },
    {"key": "at", "label": "At", "type": "datetime", "default": "2026-02-03T12:00:00+00:00"},
    {"key": "sure", "label": "Sure", "type": "checkbox"},
]
TEMPLATE = {"mapping": {"runtime_arguments": ["{count}", "{name}"], "runtime_env": {"KIND": "{kind}"}}}


@dataclass
class Shop:
    """What a test needs to know of it."""

    live: Live
    web: Web
    organization: Organization
    email: str
    service_id: UUID
    robot: Robot

    @property
    def address(self) -> str:
        return self.web.url_of(self.organization.slug)

    def reopen(self) -> None:
        """The web process again, at the same address, after it was killed."""
        self.web = self.live.web_at(self.web.port, **SIGN_IN_OFTEN)


def shop_opened(live: Live) -> Shop:
    """A new shop, in a domain of its own, with its web process."""
    organization = Organization.objects.get(schema_name=live.schema)
    web, mark = live.web(**SIGN_IN_OFTEN), uuid4().hex[:8]
    actor, now = Actor.system("tests", schema=live.schema), timezone.now()
    with tenant_context(organization):
        person = _person(actor, f"owner-{mark}@acme.example", organization)
        robot = _robot(web, bearer(person, organization), f"Orders {mark}")
        domain = domain_create(actor=actor, name=f"Sales {mark}", slug=f"sales-{mark}", now=now)
        service = service_create(
            actor=actor,
            domain_id=domain.pk,
            robot_id=robot.pk,
            title="Take orders",
            description="Takes the day's orders.",
            form_schema_json={"fields": FIELDS},
            run_template_json=TEMPLATE,
            expected_minutes=1,
            now=now,
        )
        return Shop(live, web, organization, person.email, service.pk, robot)


def _person(actor: Actor, email: str, organization: Organization) -> User:
    user_create(actor=actor, email=email, name="Owner", password=PASSWORD, role="org_admin", now=timezone.now())
    found: User = User.objects.select_related("role").get(email=email)
    return found


def _robot(web: Web, token: str, name: str) -> Robot:
    """A robot with one active version, published as a client would: its package lies where the processes look."""
    with httpx.Client(base_url=f"{web.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=20) as http:
        made = http.post("/robots", json={"name": name}).json()
        files = {"artifact": ("main.py", ROBOT.encode())}
        answer = http.post(f"/robots/{made['id']}/versions/publish", data={"version": "1.0.0"}, files=files)
        assert answer.status_code == 201, answer.text
    return Robot.objects.get(pk=made["id"])


def run_stored(shop: Shop, lines: int) -> UUID:
    """A finished run with a log of so many lines, as storage would hold it; every thousandth is an error."""
    with tenant_context(shop.organization):
        run_id, now = uuid7(), timezone.now()
        execution = Execution.objects.create(
            id=run_id,
            kind="robot",
            status=Status.FAILED,
            queue="robots.default",
            timeout_seconds=60,
            error_message="Process returned exit code 3",
            last_seq=lines,
            attempt=1,
            queued_at=now,
            started_at=now,
            finished_at=now + timedelta(seconds=75),
        )
        version = RobotVersion.objects.get(robot=shop.robot, version="1.0.0")
        Run.objects.create(id=run_id, execution=execution, robot=shop.robot, version=version, arguments=["--all"])
        LogChunk.objects.bulk_create(_chunks(execution, lines, now.isoformat()), batch_size=100)
    return run_id


def run_waiting(shop: Shop) -> UUID:
    """A run in a queue that nobody serves."""
    with tenant_context(shop.organization):
        robot = robot_made(shop.live.schema, f"Quiet {uuid4().hex[:8]}", pool="quiet")
        version_made(shop.live.schema, robot)
        return run_start(actor=Actor.system("tests", schema=shop.live.schema), robot=robot, now=timezone.now()).pk


def _chunks(execution: Execution, lines: int, time: str) -> Iterator[LogChunk]:
    for first in range(1, lines + 1, 500):
        last = min(first + 499, lines)
        stored = [
            [time, "ERROR" if seq % 1000 == 0 else "INFO", "stdout", f"line {seq}: order {seq * 7919 % 100_003} taken"]
            for seq in range(first, last + 1)
        ]
        yield LogChunk(execution=execution, first_seq=first, last_seq=last, lines=stored)


__all__ = ["PASSWORD", "Shop", "run_stored", "run_waiting", "shop_opened"]
