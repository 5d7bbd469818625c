from __future__ import annotations

import time as clock
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.robots.errors import InvalidSchedule
from apps.robots.scheduling.cron import Timetable, is_holiday, next_firings
from apps.tenants.calendars import HolidayCalendar

BERLIN = "Europe/Berlin"
MOMENTS = st.integers(1_700_000_000, 1_830_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def firings(expression: str, zone: str, after: str, count: int = 3, **more: Any) -> list[str]:
    found = next_firings(Timetable(expression=expression, zone=zone, **more), at(after), count)
    assert all(moment.tzinfo is UTC for moment in found)
    return [moment.strftime("%m-%d %H:%M") for moment in found]


def test_it_works() -> None:
    assert firings("0 9 * * MON-FRI", "America/Sao_Paulo", "2026-01-02 12:00") == [
        "01-05 12:00",
        "01-06 12:00",
        "01-07 12:00",
    ]


def test_a_firing_is_strictly_after() -> None:
    assert firings("0 9 * * *", "UTC", "2026-01-01 09:00", 1) == ["01-02 09:00"]
    assert firings("0 9 * * *", "UTC", "2026-01-01 08:59:59.5", 1) == ["01-01 09:00"]


def test_a_skipped_hour_fires_right_after_it() -> None:
    assert firings("30 2 * * *", BERLIN, "2026-03-28 12:00") == ["03-29 01:00", "03-30 00:30", "03-31 00:30"]


def test_several_firings_of_a_skipped_hour_become_one() -> None:
    found = firings("0,30 2,3 * * *", BERLIN, "2026-03-28 12:00", 4)
    assert found == ["03-29 01:00", "03-29 01:30", "03-30 00:00", "03-30 00:30"]


def test_a_repeated_hour_fires_once() -> None:
    assert firings("30 2 * * *", BERLIN, "2026-10-24 12:00") == ["10-25 00:30", "10-26 01:30", "10-27 01:30"]


def test_a_repeated_hour_fires_once_also_seen_from_its_second_pass() -> None:
    assert firings("30 2 * * *", BERLIN, "2026-10-25 01:10", 1) == ["10-26 01:30"]


def test_stars_follow_real_time() -> None:
    assert firings("0 * * * *", BERLIN, "2026-10-24 23:30", 4) == [
        "10-25 00:00",
        "10-25 01:00",
        "10-25 02:00",
        "10-25 03:00",
    ]
    assert firings("0 * * * *", BERLIN, "2026-03-28 23:30", 3) == ["03-29 00:00", "03-29 01:00", "03-29 02:00"]


def test_a_midnight_that_does_not_exist() -> None:
    # Cairo's clocks jump from 0:00 to 1:00.
    assert firings("0 0 * * *", "Africa/Cairo", "2026-04-23 12:00", 2) == ["04-23 22:00", "04-24 21:00"]


def test_start_and_end_are_included() -> None:
    found = firings(
        "0 0 * * *", "UTC", "2026-01-01 12:00", 9, starts_at=at("2026-01-05 00:00"), ends_at=at("2026-01-07 00:00")
    )
    assert found == ["01-05 00:00", "01-06 00:00", "01-07 00:00"]


def test_a_daily_window() -> None:
    found = firings("0 */6 * * *", "UTC", "2026-01-01 07:00", 3, window_start=time(6), window_end=time(18))
    assert found == ["01-01 12:00", "01-02 06:00", "01-02 12:00"]


def test_a_window_over_midnight() -> None:
    found = firings("0 */2 * * *", "UTC", "2026-01-01 07:00", 4, window_start=time(22), window_end=time(2))
    assert found == ["01-01 22:00", "01-02 00:00", "01-02 22:00", "01-03 00:00"]


def test_holidays_are_days_of_the_zone() -> None:
    # Half past ten in the evening in São Paulo is the next day in UTC.
    found = firings("30 22 * * *", "America/Sao_Paulo", "2026-01-01 12:00", 2, holidays={date(2026, 1, 2)})
    assert found == ["01-02 01:30", "01-04 01:30"]


@pytest.mark.parametrize(
    "more",
    [
        {"window_start": time(10), "window_end": time(11)},
        {"holidays": {date(2026, 1, 1) + timedelta(days=number) for number in range(3_000)}},
        {"ends_at": datetime(2025, 1, 1, tzinfo=UTC)},
    ],
)
def test_never_is_found_out_quickly(more: dict[str, Any]) -> None:
    began = clock.process_time()
    assert firings("0 9 * * *", BERLIN, "2026-01-01 12:00", 5, **more) == []
    assert clock.process_time() - began < 10


@given(
    st.sampled_from(["*/15 * * * *", "30 2 * * *", "0 0 * * *", "5 1,2,3 * * *", "0 12 31 * *"]),
    st.sampled_from([BERLIN, "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Cairo", "UTC"]),
    MOMENTS,
)
def test_asking_again_goes_on_where_it_stopped(expression: str, zone: str, after: datetime) -> None:
    timetable = Timetable(expression=expression, zone=zone)
    found = next_firings(timetable, after, 6)
    assert found == sorted(set(found))
    assert next_firings(timetable, found[2], 3) == found[3:]


@settings(deadline=None)  # hundreds of firings each time, on a machine that may be busy
@given(
    st.sampled_from(["*/30 * * * *", "30 2 * * *", "0 0 * * *", "5 1,2,3 * * *"]),
    st.sampled_from([BERLIN, "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Cairo", "UTC"]),
    MOMENTS,
    st.sets(st.integers(0, 3)),
)
def test_holidays_take_firings_away_and_change_no_other(
    expression: str, zone: str, after: datetime, rest: set[int]
) -> None:
    today = after.astimezone(ZoneInfo(zone)).date()
    resting = Timetable(expression=expression, zone=zone, holidays={today + timedelta(days=number) for number in rest})
    end = after + timedelta(days=4)
    working = [moment for moment in next_firings(replace(resting, holidays=()), after, 200) if moment < end]
    found = [moment for moment in next_firings(resting, after, len(working) + 1) if moment < end]
    assert found == [moment for moment in working if not is_holiday(resting, moment)]


def test_holidays_of_a_far_year() -> None:
    calendar = HolidayCalendar(country="BR")
    found = firings("0 9 25 12 *", "UTC", "2026-01-01 00:00", 2, starts_at=at("8999-01-01"), holidays=calendar)
    assert found == ["12-25 09:00", "12-25 09:00"]
    assert firings("0 9 25 12 *", "UTC", "2026-01-01 00:00", 2, holidays=calendar) == []


@given(MOMENTS)
def test_a_daily_job_fires_once_every_day(after: datetime) -> None:
    found = next_firings(Timetable(expression="30 2 * * *", zone=BERLIN), after, 10)
    days = [moment.astimezone(ZoneInfo(BERLIN)).date() for moment in found]
    assert days == [days[0] + timedelta(days=number) for number in range(10)]


def test_a_page_of_schedules_that_never_fire_costs_little() -> None:
    began = clock.thread_time()
    for minute in range(100):
        never = {"window_start": time(13, minute % 60), "window_end": time(14)}
        assert firings("0 12 * * *", BERLIN, "2026-01-01 00:00", 5, **never) == []
    assert clock.thread_time() - began < 5  # each was searched for a tenth of a second


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("cron", {"expression": "61 * * * *"}),
        ("cron", {"expression": "* * * *"}),
        ("cron", {"expression": "* * * * * *"}),
        ("cron", {"expression": "@daily"}),
        ("cron", {"expression": "0 0 30 2 *"}),
        ("cron", {"expression": "*/0 * * * *"}),
        ("cron", {"expression": ""}),
        ("timezone", {"zone": "Mars/Olympus"}),
        ("timezone", {"zone": "../../etc/passwd"}),
        ("timezone", {"zone": ""}),
        ("window_end", {"window_start": time(8)}),
        ("window_end", {"window_start": time(8), "window_end": time(8)}),
        ("starts_at", {"starts_at": datetime(2026, 1, 1)}),  # noqa: DTZ001  # that is the mistake
        ("ends_at", {"starts_at": at("2026-01-02"), "ends_at": at("2026-01-01")}),
    ],
)
def test_nonsense_is_refused(field: str, more: dict[str, Any]) -> None:
    with pytest.raises(InvalidSchedule) as caught:
        Timetable(**{"expression": "0 9 * * *", **more})
    assert set(caught.value.errors or {}) == {field}
