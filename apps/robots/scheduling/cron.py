"""Firings of a cron expression in a time zone, inside a window, around holidays.

Daylight saving is treated as Debian's cron does: a job at a fixed time that falls into a skipped hour fires right after
it, one in a repeated hour fires once, and jobs with `*` in the minutes or hours follow real time.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from django.utils.translation import gettext as _

from apps.robots.errors import InvalidSchedule

FIELDS = 5
EARLIEST_YEAR, LATEST_YEAR = 1970, 9000
HORIZON = timedelta(days=5 * 366)
_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When to fire. ``starts_at`` and ``ends_at`` are included; ``window_end`` is not, and a window whose end lies
    before its start goes over midnight. ``holidays`` are days of the zone on which nothing fires."""

    expression: str
    zone: str = "UTC"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    window_start: time | None = None
    window_end: time | None = None
    holidays: Container[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Raise InvalidSchedule, naming the field, for what can never be meant."""
        _check_expression(self.expression)
        _zone(self.zone)
        if (self.window_start is None) != (self.window_end is None):
            raise _refusal("window_end", _("A daily window needs a start and an end."))
        if self.window_start is not None and self.window_start == self.window_end:
            raise _refusal("window_end", _("The daily window is empty."))
        for name in ("starts_at", "ends_at"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise _refusal(name, _("A time with its offset is needed."))
            if moment is not None and not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
                raise _refusal(name, _("This year is out of reach."))
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            raise _refusal("ends_at", _("The end lies before the start."))


def next_firings(timetable: Timetable, after: datetime, count: int) -> list[datetime]:
    """The first ``count`` firings strictly after a moment, in UTC, rising; fewer when there are none in five years."""
    found: list[datetime] = []
    for firing in _firings(timetable, after.astimezone(UTC)):
        found.append(firing)
        if len(found) == count:
            break
    return found


def is_holiday(timetable: Timetable, moment: datetime) -> bool:
    """Whether a moment lies on a day of the zone on which nothing fires."""
    return moment.astimezone(_zone(timetable.zone)).date() in timetable.holidays


def _firings(timetable: Timetable, after: datetime) -> Iterator[datetime]:
    """Candidates one by one; where a window or a holiday is in the way, the search goes on behind it."""
    zone = _zone(timetable.zone)
    first = max(after, timetable.starts_at.astimezone(UTC) - _MOMENT) if timetable.starts_at else after
    last = first + HORIZON
    if timetable.ends_at:
        last = min(last, timetable.ends_at.astimezone(UTC))
    search = CronSim(timetable.expression, first.astimezone(zone))
    if not _meets_window(timetable, search):
        return
    latest = first
    while (candidate := next(search, None)) is not None:
        moment = candidate.astimezone(UTC)
        if moment > last:
            return
        if moment <= latest:
            continue
        resume = _resume(timetable, moment.astimezone(zone))
        if resume is None:
            latest = moment
            yield moment
        else:
            search = CronSim(timetable.expression, resume - _MOMENT)


def _meets_window(timetable: Timetable, search: CronSim) -> bool:
    """Whether any time of day of the expression lies in the daily window; else five years would be searched in vain.

    That a job of a skipped hour, fired right after it, may come into the window once a year does not count.
    """
    times = (time(hour, minute) for hour in search.hours for minute in search.minutes)
    return timetable.window_start is None or any(_in_window(timetable, moment) for moment in times)


def _in_window(timetable: Timetable, moment: time) -> bool:
    start, end = timetable.window_start, timetable.window_end
    if start is None or end is None:
        return True
    return start <= moment < end if start < end else moment >= start or moment < end


def _resume(timetable: Timetable, local: datetime) -> datetime | None:
    """When firing is next allowed; None when it is allowed now."""
    if local.date() in timetable.holidays:
        return _at(local, time(), days=1)
    start, now = timetable.window_start, local.time()
    if start is None or _in_window(timetable, now):
        return None
    return _at(local, start, days=0 if now < start else 1)


def _at(local: datetime, moment: time, *, days: int = 0) -> datetime:
    return datetime.combine(local.date() + timedelta(days=days), moment, tzinfo=local.tzinfo)


def _check_expression(expression: str) -> None:
    if len(expression.split()) != FIELDS:
        raise _refusal("cron", _("A cron expression has five fields: minute, hour, day, month, weekday."))
    try:
        possible = next(CronSim(expression, datetime(2024, 1, 1, tzinfo=UTC)), None)
    except (CronSimError, AssertionError, ValueError) as error:
        raise _refusal("cron", _("The cron expression is not valid: %(reason)s.") % {"reason": error}) from error
    if possible is None:
        raise _refusal("cron", _("The cron expression never fires."))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _refusal("timezone", _("Unknown time zone: %(name)s") % {"name": name[:64]}) from error


def _refusal(field_name: str, text: str) -> InvalidSchedule:
    return InvalidSchedule(text, errors={field_name: [text]})
