"""Schedules of robots: made, changed, removed, and fired when they are due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from apps.accounts.permissions import require, require_insider
from apps.common.actor import Actor
from apps.common.errors import ApplicationError
from apps.common.etags import check_match
from apps.common.lines import check_lines
from apps.events.services import record
from apps.executions.models import TERMINAL
from apps.robots.models import Robot, Schedule, ScheduleFiring, TriggerType
from apps.robots.payloads import arguments_checked, environment_checked, parameters_checked, zone_checked
from apps.robots.scheduling.cron import Timetable, is_holiday, next_firings
from apps.robots.selectors.schedules import timetable_of
from apps.robots.services.robots import robot_lock
from apps.robots.services.runs import run_start
from apps.tenants.context import require_tenant

logger = structlog.get_logger(__name__)
FIRED_AT_ONCE = 200
MISSED, BUSY, HOLIDAY = "missed", "max_concurrency", "holiday"
_MOMENT = timedelta(microseconds=1)
_INPUTS: Mapping[str, Callable[..., Any]] = {
    "timezone": zone_checked,
    "runtime_arguments": arguments_checked,
    "runtime_env": environment_checked,
    "parameters": parameters_checked,
}


def schedule_create(*, actor: Actor, robot: Robot, values: Mapping[str, Any], now: datetime) -> Schedule:
    """Adds a schedule; ``values`` are columns of it by name.

    Raises ``PermissionDenied``, ``NotUnderSupport``, ``RobotArchived``, ``InvalidSchedule`` naming the field, and
    ``BadRequest`` for inputs that no run would take, ``InvalidInput`` for a name of several lines.
    """
    require_insider(actor, "robot.publish", robot)
    schedule = Schedule(robot=robot, created_by=actor.user, created_at=now)
    with transaction.atomic():
        robot_lock(robot)
        _fill(schedule, values, now=now)
        schedule.save(force_insert=True)
        record("schedule.created", actor=actor, subject=schedule, data=_facts(schedule), now=now)
    return schedule


def schedule_update(
    *, actor: Actor, schedule: Schedule, values: Mapping[str, Any], if_match: str | None = None, now: datetime
) -> Schedule:
    """Changes columns of a schedule and reckons its next firing anew.

    Raises what ``schedule_create`` raises, and ``PreconditionFailed``.
    """
    require_insider(actor, "robot.publish", schedule.robot)
    with transaction.atomic():
        robot_lock(schedule.robot)
        schedule = _locked(schedule)
        check_match(schedule, if_match)
        _fill(schedule, values, now=now)
        schedule.save(update_fields=[*values, "next_due_at", "updated_at"])
        record("schedule.updated", actor=actor, subject=schedule, data={"changed": sorted(values)}, now=now)
    return schedule


def schedule_delete(*, actor: Actor, schedule: Schedule, if_match: str | None = None, now: datetime) -> None:
    """Removes a schedule and its firings; the runs it started stay. Raises ``PermissionDenied``."""
    require(actor, "robot.publish", schedule.robot)
    with transaction.atomic():
        schedule = _locked(schedule)
        check_match(schedule, if_match)
        record("schedule.deleted", actor=actor, subject=schedule, data=_facts(schedule), now=now)
        schedule.delete()


def schedules_fire(*, now: datetime) -> int:
    """Fires what is due in the current organization; returns how many runs were started.

    Those that have been due longest come first, and no more than FIRED_AT_ONCE: what is left has its turn at the next
    tick, after the other organizations. No actor: the clock asks. Safe to run at the same time in any number of
    processes: a due moment is one unique row.
    """
    due = Schedule.objects.filter(enabled=True, next_due_at__lte=now, robot__archived_at=None)
    fired = 0
    for schedule_id in list(due.order_by("next_due_at").values_list("pk", flat=True)[:FIRED_AT_ONCE]):
        try:
            fired += _fire(schedule_id, now=now)
        except Exception:
            logger.exception("schedule_not_fired", schedule=str(schedule_id))  # the others are still due
    return fired


def _locked(schedule: Schedule) -> Schedule:
    return Schedule.objects.select_for_update(no_key=True, of=("self",)).select_related("robot").get(pk=schedule.pk)


def _fill(schedule: Schedule, values: Mapping[str, Any], *, now: datetime) -> None:
    check_lines({"name": values.get("name")})
    for name, value in values.items():
        check = _INPUTS.get(name)
        setattr(schedule, name, check(value, name=name) if check else value)
    timetable = timetable_of(schedule)  # one that is off must make sense too
    schedule.next_due_at = _next_due(timetable, now) if schedule.enabled else None


def _next_due(timetable: Timetable, now: datetime) -> datetime | None:
    """The next moment to look at the schedule. On holidays too: which days these are may change until then."""
    moments = next_firings(replace(timetable, holidays=frozenset()), now, 1)
    return moments[0] if moments else None


def _fire(schedule_id: UUID, *, now: datetime) -> bool:
    """One schedule, if it still is due and nobody else is at it. A crash in between leaves it due."""
    with transaction.atomic():
        unlocked = Schedule.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        schedule = unlocked.select_related("robot").filter(pk=schedule_id, enabled=True, next_due_at__lte=now).first()
        if schedule is None or schedule.next_due_at is None:
            return False
        timetable = timetable_of(schedule)
        moment, reason = _moment_due(timetable, since=schedule.next_due_at, now=now)
        schedule.next_due_at = _next_due(timetable, now)
        schedule.save(update_fields=["next_due_at"])
        firing, is_new = ScheduleFiring.objects.get_or_create(schedule=schedule, due_at=moment)
        if not is_new:
            return False
        reason = reason or (BUSY if _is_busy(schedule) else _start(schedule, firing, now=now))
        if reason:
            firing.skipped_reason = reason
            firing.save(update_fields=["skipped_reason"])
            facts = {"due_at": firing.due_at.isoformat(), "reason": reason}
            record("schedule.skipped", actor=_clock(), subject=schedule, data=facts, now=now)
        return not reason


def _moment_due(timetable: Timetable, *, since: datetime, now: datetime) -> tuple[datetime, str]:
    """The latest moment that is due and not too long ago, for of several missed ones only that is made up for.

    Where there is none: the moment that was missed or lies on a holiday, and which of the two.
    """
    grace = timedelta(seconds=settings.ENV.schedule_grace_seconds)
    start = max(since, now - grace) - _MOMENT
    most = int(grace.total_seconds() // 60) + 2
    candidates = next_firings(replace(timetable, holidays=frozenset()), start, most)
    passed = [moment for moment in candidates if moment <= now]
    working = [moment for moment in passed if not is_holiday(timetable, moment)]
    if working:
        return working[-1], ""
    return (passed[-1], HOLIDAY) if passed else (since, MISSED)


def _is_busy(schedule: Schedule) -> bool:
    unfinished = schedule.runs.exclude(execution__status__in=TERMINAL)
    return unfinished.count() >= schedule.max_concurrency


def _start(schedule: Schedule, firing: ScheduleFiring, *, now: datetime) -> str:
    """Starts the run; returns why not, where that is the robot's state."""
    try:
        with transaction.atomic():
            firing.run = run_start(
                actor=_clock(),
                robot=schedule.robot,
                runtime_arguments=schedule.runtime_arguments,
                runtime_env=schedule.runtime_env,
                parameters=schedule.parameters,
                timeout_seconds=schedule.timeout_seconds,
                trigger_type=TriggerType.SCHEDULED,
                schedule=schedule,
                max_attempts=schedule.retry_count + 1,
                retry_backoff_seconds=schedule.retry_backoff_seconds,
                now=now,
            )
    except ApplicationError as error:
        return error.code
    firing.save(update_fields=["run"])
    return ""


def _clock() -> Actor:
    return Actor.system("scheduler", schema=require_tenant())


def _facts(schedule: Schedule) -> dict[str, Any]:
    return {"robot_id": str(schedule.robot_id), "cron": schedule.cron, "timezone": schedule.timezone}
