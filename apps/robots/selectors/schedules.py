"""Schedules that an actor may see, and when they fire next."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.permissions import visible_filter
from apps.common.actor import Actor
from apps.robots.errors import ScheduleNotFound
from apps.robots.models import Schedule
from apps.robots.scheduling.cron import Timetable, next_firings
from apps.robots.selectors.robots import READ, robot_get
from apps.tenants.selectors import holiday_calendar

SHOWN_FIRINGS = 5


def schedules_of(*, actor: Actor, robot_id: UUID, action: str = READ, search: str = "") -> QuerySet[Schedule]:
    """Schedules of one robot, oldest first, for an action on the robot. Raises what ``robot_get`` raises."""
    robot = robot_get(actor=actor, robot_id=robot_id, action=action)
    schedules = Schedule.objects.filter(robot=robot).select_related("robot", "created_by").order_by("id")
    if search:
        schedules = schedules.filter(Q(name__icontains=search) | Q(cron__icontains=search))
    return schedules


def schedules_in_use(*, actor: Actor) -> QuerySet[Schedule]:
    """Schedules that are switched on, of the robots that the actor may see. Raises ``PermissionDenied``."""
    visible = visible_filter(actor, READ, prefix="robot__")
    return Schedule.objects.filter(visible, enabled=True, robot__archived_at=None)


def schedule_get(*, actor: Actor, robot_id: UUID, schedule_id: UUID, action: str = READ) -> Schedule:
    """One schedule of one robot. Raises what ``robot_get`` raises, and ``ScheduleNotFound``."""
    schedule = schedules_of(actor=actor, robot_id=robot_id, action=action).filter(pk=schedule_id).first()
    if schedule is None:
        raise ScheduleNotFound
    return schedule


def timetable_of(schedule: Schedule) -> Timetable:
    """When a schedule fires; raises ``InvalidSchedule`` for what cannot be meant."""
    return Timetable(
        expression=schedule.cron,
        zone=schedule.timezone,
        starts_at=schedule.starts_at,
        ends_at=schedule.ends_at,
        window_start=schedule.window_start,
        window_end=schedule.window_end,
        holidays=holiday_calendar() if schedule.skip_holidays else frozenset(),
    )


def firings_ahead(schedule: Schedule, now: datetime) -> list[datetime]:
    """The next five firings, in UTC; none while it is switched off."""
    return next_firings(timetable_of(schedule), now, SHOWN_FIRINGS) if schedule.enabled else []
