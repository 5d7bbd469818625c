from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.services.organizations import organization_settings_update
from apps.events.models import Event
from apps.executions.models import Status
from apps.robots.models import Robot, RobotVersion, Run, Schedule, ScheduleFiring
from apps.robots.selectors.schedules import firings_ahead
from apps.robots.services import schedules
from apps.robots.services.robots import robot_archive
from apps.robots.services.schedules import schedule_create, schedules_fire
from apps.robots.tests.factories import robot_made, run_ended, system, version_made
from apps.tenants.context import current_schema, tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import settings_forget

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
SECOND = timedelta(seconds=1)


def rest_on(*days: date, country: str = "") -> None:
    """The organization rests on these days, from now on."""
    holidays = [{"date": day, "name": "Rest"} for day in days]
    actor, now = system(current_schema()), timezone.now()
    changes = {"holidays": holidays, "holiday_country": country}
    organization_settings_update(actor=actor, changes=changes, now=now)
    settings_forget(current_schema())  # nothing commits here


def scheduled(robot: Robot, *, at: datetime = NOON - timedelta(hours=1), **values: Any) -> Schedule:
    """A schedule made at some time, by default one that is due at noon."""
    return schedule_create(actor=system(current_schema()), robot=robot, values={"cron": "0 12 * * *"} | values, now=at)


def test_it_works(robot: Robot, version: RobotVersion) -> None:
    schedule = scheduled(
        robot,
        runtime_arguments=["--x"],
        runtime_env={"A": "1"},
        parameters={"p": 1},
        timeout_seconds=60,
        retry_count=2,
        retry_backoff_seconds=9,
    )
    assert schedules_fire(now=NOON - SECOND) == 0
    assert schedules_fire(now=NOON + SECOND) == 1
    run = Run.objects.select_related("execution").get()
    assert (run.schedule_id, run.trigger_type) == (schedule.pk, "SCHEDULED")
    assert (run.arguments, run.environment, run.parameters) == (["--x"], {"A": "1"}, {"p": 1})
    execution = run.execution
    assert (execution.timeout_seconds, execution.max_attempts, execution.retry_backoff_seconds) == (60, 3, 9)
    firing = ScheduleFiring.objects.get()
    assert (firing.due_at, firing.run_id, firing.skipped_reason) == (NOON, run.pk, "")
    schedule.refresh_from_db()
    assert schedule.next_due_at == NOON + timedelta(days=1)
    assert schedules_fire(now=NOON + SECOND) == 0


def test_after_a_short_absence_the_latest_fires_once(robot: Robot, version: RobotVersion) -> None:
    scheduled(robot, cron="* * * * *", max_concurrency=10)
    assert schedules_fire(now=NOON + timedelta(seconds=30)) == 1
    assert ScheduleFiring.objects.get().due_at == NOON


def test_after_a_long_absence_nothing_fires_late(robot: Robot, version: RobotVersion) -> None:
    schedule = scheduled(robot)
    assert schedules_fire(now=NOON + timedelta(hours=3)) == 0
    firing = ScheduleFiring.objects.get()
    assert (firing.due_at, firing.skipped_reason, firing.run_id) == (NOON, "missed", None)
    assert Event.objects.get(name="schedule.skipped").data["reason"] == "missed"
    schedule.refresh_from_db()
    assert schedule.next_due_at == NOON + timedelta(days=1)


def test_not_while_enough_of_its_runs_go_on(robot: Robot, version: RobotVersion) -> None:
    scheduled(robot, cron="0 * * * *", at=NOON - timedelta(minutes=30))
    schedules_fire(now=NOON)
    assert schedules_fire(now=NOON + timedelta(hours=1)) == 0
    assert ScheduleFiring.objects.get(due_at=NOON + timedelta(hours=1)).skipped_reason == "max_concurrency"
    run_ended(Run.objects.get(), Status.FAILED)
    assert schedules_fire(now=NOON + timedelta(hours=2)) == 1


def test_a_robot_without_an_active_version(organization: Organization) -> None:
    scheduled(robot_made(organization.schema_name, "Empty"))
    assert schedules_fire(now=NOON) == 0
    assert ScheduleFiring.objects.get().skipped_reason == "version_not_found"
    assert not Run.objects.exists()


def test_an_archived_robot(organization: Organization, robot: Robot, version: RobotVersion) -> None:
    scheduled(robot)
    robot_archive(actor=system(organization.schema_name), robot=robot, now=NOON - SECOND)
    assert schedules_fire(now=NOON) == 0


def test_switched_off(robot: Robot, version: RobotVersion) -> None:
    scheduled(robot, enabled=False)
    assert schedules_fire(now=NOON) == 0


def test_days_of_rest(robot: Robot, version: RobotVersion) -> None:
    rest_on(NOON.date())
    resting, working = scheduled(robot, skip_holidays=True), scheduled(robot)
    assert schedules_fire(now=NOON) == 1
    assert Run.objects.get().schedule_id == working.pk
    firing = ScheduleFiring.objects.get(schedule=resting)
    assert (firing.due_at, firing.skipped_reason, firing.run_id) == (NOON, "holiday", None)
    assert Event.objects.get(name="schedule.skipped").data["reason"] == "holiday"
    assert schedules_fire(now=NOON + timedelta(days=1)) == 1
    assert ScheduleFiring.objects.get(schedule=resting, due_at=NOON + timedelta(days=1)).run_id is not None


def test_public_holidays_of_the_country(robot: Robot, version: RobotVersion) -> None:
    rest_on(country="BR")
    christmas = datetime(2026, 12, 25, 12, tzinfo=UTC)
    scheduled(robot, skip_holidays=True, at=christmas - timedelta(hours=1))
    assert schedules_fire(now=christmas) == 0
    assert ScheduleFiring.objects.get().skipped_reason == "holiday"
    assert schedules_fire(now=christmas + timedelta(days=1)) == 1


def test_which_days_are_holidays_is_asked_when_it_is_due(robot: Robot, version: RobotVersion) -> None:
    """Not when the schedule was made: a day that becomes one, or is none any more, counts as it is."""
    scheduled(robot, skip_holidays=True)
    rest_on(NOON.date(), NOON.date() + timedelta(days=1))
    assert schedules_fire(now=NOON) == 0
    rest_on(NOON.date())
    assert schedules_fire(now=NOON + timedelta(days=1)) == 1


def test_holidays_are_days_of_the_schedules_zone(robot: Robot, version: RobotVersion) -> None:
    """Half past ten in the evening in São Paulo is the next day in UTC."""
    day = date(2026, 3, 2)
    rest_on(day)
    evening = {"cron": "30 22 * * *", "timezone": "America/Sao_Paulo"}
    scheduled(robot, **evening, skip_holidays=True, max_concurrency=9)  # type: ignore[arg-type]
    before, on_it = datetime(2026, 3, 2, 1, 30, tzinfo=UTC), datetime(2026, 3, 3, 1, 30, tzinfo=UTC)
    Schedule.objects.update(next_due_at=before)
    assert schedules_fire(now=before) == 1
    assert schedules_fire(now=on_it) == 0
    assert schedules_fire(now=on_it + timedelta(days=1)) == 1


@pytest.mark.parametrize(
    ("day", "skipped", "following"),
    [
        # Clocks go forward in New York at 2:00 on 8 March 2026, back at 2:00 on 1 November 2026.
        (date(2026, 3, 8), "2026-03-08T07:00:00+00:00", "2026-03-09T06:30:00+00:00"),
        (date(2026, 11, 1), "2026-11-01T05:30:00+00:00", "2026-11-02T06:30:00+00:00"),
    ],
)
def test_a_holiday_on_the_day_the_clocks_change(
    robot: Robot, version: RobotVersion, day: date, skipped: str, following: str
) -> None:
    rest_on(day)
    hour = 2 if day.month == 3 else 1  # an hour that is skipped, and one that comes twice
    missing, next_day = datetime.fromisoformat(skipped), datetime.fromisoformat(following)
    schedule = scheduled(
        robot,
        cron=f"30 {hour} * * *",
        timezone="America/New_York",
        skip_holidays=True,
        at=missing - timedelta(hours=3),
    )
    assert schedule.next_due_at == missing
    assert firings_ahead(schedule, missing - timedelta(hours=3))[0] == next_day
    for moment in (missing, missing + timedelta(hours=1)):
        assert schedules_fire(now=moment) == 0
    assert [firing.skipped_reason for firing in ScheduleFiring.objects.all()] == ["holiday"]
    assert schedules_fire(now=next_day) == 1


def test_after_a_holiday_the_first_moment_of_the_day_fires(robot: Robot, version: RobotVersion) -> None:
    rest_on(NOON.date())
    scheduled(robot, cron="*/2 * * * *", skip_holidays=True, at=datetime(2026, 3, 2, 23, 57, tzinfo=UTC))
    assert schedules_fire(now=datetime(2026, 3, 3, 0, 0, 30, tzinfo=UTC)) == 1
    assert ScheduleFiring.objects.get().due_at == datetime(2026, 3, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "first", "second"),
    [
        # Clocks go forward in New York at 2:00 on 8 March 2026, back at 2:00 on 1 November 2026.
        ("2026-03-07T08:00:00+00:00", "2026-03-08T07:00:00+00:00", "2026-03-09T06:30:00+00:00"),
        ("2026-10-31T08:00:00+00:00", "2026-11-01T07:30:00+00:00", "2026-11-02T07:30:00+00:00"),
    ],
)
def test_daylight_saving(robot: Robot, version: RobotVersion, before: str, first: str, second: str) -> None:
    schedule = scheduled(
        robot,
        cron="30 2 * * *",
        timezone="America/New_York",
        at=datetime.fromisoformat(before),
        max_concurrency=5,
    )
    for expected in (first, second):
        moment = datetime.fromisoformat(expected)
        assert schedule.next_due_at == moment
        assert schedules_fire(now=moment) == 1
        schedule.refresh_from_db()


def test_one_that_breaks_stops_no_other(robot: Robot, version: RobotVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = scheduled(robot, at=NOON - timedelta(hours=2)), scheduled(robot)
    Schedule.objects.filter(pk=broken.pk).update(cron="nonsense")
    assert schedules_fire(now=NOON) == 1
    assert Run.objects.get().schedule_id == sound.pk


@pytest.mark.django_db(transaction=True)
def test_many_beats_fire_it_once(live_organization: Organization) -> None:
    now = timezone.now()
    with tenant_context(live_organization):
        robot = robot_made(live_organization.schema_name)
        version_made(live_organization.schema_name, robot)
        schedule = scheduled(robot, cron="* * * * *", at=now - timedelta(minutes=2))
    barrier = threading.Barrier(4)
    fired: list[int] = []

    def beat() -> None:
        barrier.wait(10)
        with tenant_context(live_organization):
            fired.append(schedules_fire(now=now))
        connection.close()

    threads = [threading.Thread(target=beat) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sum(fired) == 1
    with tenant_context(live_organization):
        assert Run.objects.filter(schedule_id=schedule.pk).count() == 1
        assert ScheduleFiring.objects.filter(schedule_id=schedule.pk).count() == 1


def test_many_that_are_due_take_turns(robot: Robot, version: RobotVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "FIRED_AT_ONCE", 2)
    for _number in range(3):
        scheduled(robot)
    assert [schedules_fire(now=NOON + SECOND) for _tick in range(3)] == [2, 1, 0]
