"""Robots in the back-office: written through the services, so the same rules and the same ledger."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from apps.accounts.models import TagGrant, User
from apps.common.admin_display import moment_text
from apps.events.models import Event
from apps.executions.models import Status
from apps.robots.models import Robot, RobotVersion, Run, Schedule
from apps.robots.services.schedules import schedule_create, schedules_fire
from apps.robots.tests.admin.conftest import Browser, texts
from apps.robots.tests.factories import robot_made, run_ended, run_made, system, version_made
from apps.tenants.context import public_context
from apps.tenants.models import Organization, OrganizationSettings
from apps.tenants.selectors import settings_forget

ROBOTS, VERSIONS, RUNS, SCHEDULES = (f"/admin/robots/{name}/" for name in ("robot", "robotversion", "run", "schedule"))


def act(client: Client, page: str, action: str, row: Any) -> Any:
    return client.post(page, {"action": action, "_selected_action": [str(row.pk)]})


def test_every_page_shows(maintainer: User, browser: Browser, organization: Organization, run: Run) -> None:
    now = timezone.now()
    actor = system(organization.schema_name)
    schedule = schedule_create(
        actor=actor, robot=run.robot, values={"cron": "* * * * *"}, now=now - timedelta(minutes=2)
    )
    schedules_fire(now=now)
    client = browser(maintainer)
    rows = {
        ROBOTS: run.robot,
        VERSIONS: run.version,
        RUNS: run,
        SCHEDULES: schedule,
        "/admin/robots/schedulefiring/": schedule.firings.get(),
    }
    for page, row in rows.items():
        assert client.get(page).status_code == 200, page
        assert client.get(f"{page}{row.pk}/change/").status_code == 200, page
    firing = schedule.firings.get()
    called = client.get(f"/admin/robots/schedulefiring/{firing.pk}/change/").context["original"]
    assert str(called) == f"* * * * * · {moment_text(firing.due_at)}"


def test_the_tab_says_what_is_looked_at_and_where_it_belongs(owner: User, browser: Browser, robot: Robot) -> None:
    client = browser(owner)
    site = client.get(ROBOTS).context["site_title"]
    told = {
        ROBOTS: "Robots",
        f"{ROBOTS}add/": "Add · Robots",
        f"{ROBOTS}{robot.pk}/change/": f"{robot.name} · Robots",
        f"{ROBOTS}{robot.pk}/history/": f"History · {robot.name} · Robots",
        f"{ROBOTS}{robot.pk}/publish/": f"Publish a version · {robot.name} · Robots",
        "/admin/executions/retention/": "Retention",
    }
    for page, name in told.items():
        found = re.search(r"<title>(.*?)</title>", client.get(page, follow=True).content.decode(), re.DOTALL)
        assert found is not None
        assert found[1].strip() == f"{name} | {site}", page


def test_a_robot_is_made_and_changed(maintainer: User, browser: Browser) -> None:
    client = browser(maintainer)
    filled = {"name": "Fechamento", "description": "", "tags": "rh,folha", "pool": "default"}
    assert client.post(f"{ROBOTS}add/", filled).status_code == 302
    robot = Robot.objects.get()
    assert (robot.tags, robot.created_by) == (["folha", "rh"], maintainer)
    assert client.post(f"{ROBOTS}{robot.pk}/change/", filled | {"name": "Renamed"}).status_code == 302
    robot.refresh_from_db()
    assert robot.name == "Renamed"
    assert set(Event.objects.values_list("name", flat=True)) >= {"robot.created", "robot.updated"}


def test_refusals_are_shown(maintainer: User, browser: Browser, robot: Robot) -> None:
    answer = browser(maintainer).post(f"{ROBOTS}add/", {"name": robot.name, "tags": "", "pool": "default"})
    assert any("exists already" in text for text in texts(answer))
    assert Robot.objects.count() == 1


def test_a_tag_typed_into_the_form_gives_no_right(maintainer: User, browser: Browser, robot: Robot) -> None:
    TagGrant.objects.create(user=maintainer, action="robot.publish", scope_tag="mine")
    filled = {"name": "Taken over", "description": "", "tags": "mine", "pool": "default"}
    browser(maintainer).post(f"{ROBOTS}{robot.pk}/change/", filled)
    robot.refresh_from_db()
    assert (robot.name, robot.tags) == ("Closing", [])


def test_archive(maintainer: User, browser: Browser, robot: Robot) -> None:
    act(browser(maintainer), ROBOTS, "archive", robot)
    robot.refresh_from_db()
    assert robot.archived_at is not None


def test_activate(
    maintainer: User, browser: Browser, organization: Organization, robot: Robot, version: RobotVersion
) -> None:
    newer = version_made(organization.schema_name, robot, version="2.0.0", activate=False)
    act(browser(maintainer), VERSIONS, "activate", newer)
    newer.refresh_from_db()
    assert newer.is_active


def test_cancel_and_run_again(teammate: User, browser: Browser, organization: Organization, run: Run) -> None:
    client = browser(teammate)
    act(client, RUNS, "cancel", run)
    run.execution.refresh_from_db()
    assert run.execution.status == Status.CANCELLED
    act(client, RUNS, "retry", run)
    assert Run.objects.get(retry_of=run).trigger_type == "RETRY"
    done = run_ended(run_made(organization.schema_name, run.robot))
    assert any("finished" in text for text in texts(act(client, RUNS, "cancel", done)))


def test_a_schedule_is_made_and_changed(maintainer: User, browser: Browser, robot: Robot) -> None:
    client = browser(maintainer)
    filled = {
        "robot": str(robot.pk),
        "cron": "0 8 * * *",
        "timezone": "UTC",
        "enabled": "on",
        "max_concurrency": "1",
        "retry_count": "0",
        "retry_backoff_seconds": "60",
    }
    assert client.post(f"{SCHEDULES}add/", filled).status_code == 302
    schedule = Schedule.objects.get()
    assert schedule.next_due_at is not None
    client.post(f"{SCHEDULES}{schedule.pk}/change/", filled | {"cron": "nonsense"})
    schedule.refresh_from_db()
    assert schedule.cron == "0 8 * * *"
    assert client.post(f"{SCHEDULES}{schedule.pk}/change/", filled | {"cron": "0 9 * * *"}).status_code == 302
    schedule.refresh_from_db()
    assert schedule.cron == "0 9 * * *"
    page = client.get(f"{SCHEDULES}{schedule.pk}/change/").content.decode()
    assert page.count('T09:00:00+00:00" data-moment="minute"') == 5, "its next firings"


def test_a_schedule_begins_in_the_zone_of_the_organization(
    maintainer: User, browser: Browser, robot: Robot, organization: Organization
) -> None:
    with public_context():
        OrganizationSettings.objects.create(organization_id=organization.schema_name, timezone="America/Recife")
    settings_forget(organization.schema_name)
    page = browser(maintainer).get(f"{SCHEDULES}add/").content.decode()
    assert '<option value="America/Recife" selected>' in page


def test_viewers_change_nothing(viewer: User, browser: Browser, run: Run) -> None:
    client = browser(viewer)
    assert client.get(RUNS).status_code == 200
    assert client.get(f"{ROBOTS}add/").status_code == 403
    assert client.post(f"{ROBOTS}{run.robot_id}/change/", {"name": "x"}).status_code == 403
    act(client, RUNS, "cancel", run)
    run.execution.refresh_from_db()
    assert run.execution.status == Status.PENDING


def test_addresses_narrow_as_filters_do(viewer: User, browser: Browser, run: Run) -> None:
    client = browser(viewer)
    wrong = (
        ("execution__status__regex", "((a{0,255}){0,255}){0,10}"),
        ("execution__status__range", "a"),
        ("created_at__year", "0"),
        ("created_at__year", "9999"),
        ("created_at__year", "99999999999"),
        ("created_at__year__gt", "2147483648"),
        ("created_at__iso_year", "99999"),
    )
    for lookup, value in wrong:
        assert client.get(RUNS, {lookup: value}).status_code == 400, (lookup, value)
    right = (
        ("execution__status__exact", "completed"),
        ("robot__id__exact", str(run.robot_id)),
        ("created_at__year", str(run.created_at.year)),
    )
    for lookup, value in right:
        assert client.get(RUNS, {lookup: value}).status_code == 200, (lookup, value)


def test_the_list_of_versions_is_narrowed_to_a_robot(viewer: User, browser: Browser, run: Run) -> None:
    """Where a robot's page leads by "All versions"."""
    answer = browser(viewer).get("/admin/robots/robotversion/", {"robot__id__exact": str(run.robot_id)})
    assert answer.status_code == 200


def test_what_is_hidden_cannot_be_guessed_at(viewer: User, browser: Browser, run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(environment={"TOKEN": "s3cret"})
    client = browser(viewer)
    for lookup in ("environment__TOKEN__startswith", "environment__has_key", "robot__description__startswith"):
        assert client.get(RUNS, {lookup: "s"}).status_code == 400, lookup


def test_filters_narrow_the_list(viewer: User, browser: Browser, run: Run) -> None:
    client = browser(viewer)
    for name, value, found in (
        ("trigger_type__exact", "MANUAL", 1),
        ("trigger_type__exact", "RETRY", 0),
        ("execution__status__exact", "pending", 1),
        ("robot__id__exact", str(run.robot_id), 1),
    ):
        answer = client.get(RUNS, {name: value})
        assert (answer.status_code, len(answer.context["cl"].result_list)) == (200, found), name


def test_without_any_right_an_object_is_403(stranger: User, browser: Browser, run: Run, schedule: Schedule) -> None:
    client = browser(stranger)
    pages = (f"{ROBOTS}{run.robot_id}", f"{VERSIONS}{run.version_id}", f"{RUNS}{run.pk}", f"{SCHEDULES}{schedule.pk}")
    assert [client.get(f"{page}/change/").status_code for page in pages] == [403] * 4


def test_only_what_may_be_seen(
    viewer: User, browser: Browser, organization: Organization, run: Run, grant: Callable[..., Any]
) -> None:
    other = robot_made(organization.schema_name, "The only one seen")
    grant(viewer, "robot.read", other)
    grant(viewer, "run.read", other)
    client = browser(viewer)
    assert client.get(f"{ROBOTS}{run.robot_id}/change/").status_code == 302
    assert client.get(f"{VERSIONS}{run.version_id}/change/").status_code == 302
    assert client.get(f"{RUNS}{run.pk}/change/").status_code == 302


def test_filters_and_forms_name_only_robots_that_may_be_read(
    maintainer: User, browser: Browser, organization: Organization, run: Run, grant: Callable[[User, str, Robot], Any]
) -> None:
    secret = robot_made(organization.schema_name, "Hidden robot")
    version_made(organization.schema_name, secret)
    run_made(organization.schema_name, secret)
    for action in ("robot.read", "run.read", "robot.publish"):
        grant(maintainer, action, run.robot)
    client = browser(maintainer)
    for page in (RUNS, f"{SCHEDULES}add/"):
        shown = client.get(page).content.decode()
        assert run.robot.name in shown, page
        assert secret.name not in shown, page
        assert str(secret.pk) not in shown, page
