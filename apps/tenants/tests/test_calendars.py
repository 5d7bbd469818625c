"""Days of rest, calculated."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from apps.tenants.calendars import (
    Holiday,
    HolidayCalendar,
    holiday_countries,
    public_holidays,
    zone_names,
    zone_names_offered,
)

EVE, CHRISTMAS, NEW_YEAR = date(2026, 12, 24), date(2026, 12, 25), date(2027, 1, 1)


def test_it_works() -> None:
    calendar = HolidayCalendar({EVE: "Véspera"}, "BR")
    assert EVE in calendar
    assert CHRISTMAS in calendar
    assert date(2026, 12, 26) not in calendar
    assert calendar.between(EVE, NEW_YEAR) == [
        Holiday(EVE, "Véspera"),
        Holiday(CHRISTMAS, "Natal"),
        Holiday(NEW_YEAR, "Confraternização Universal"),
    ]


def test_the_own_name_of_a_day_comes_first() -> None:
    calendar = HolidayCalendar({CHRISTMAS: "Recesso"}, "BR")
    assert calendar.between(CHRISTMAS, CHRISTMAS) == [Holiday(CHRISTMAS, "Recesso")]


def test_without_a_country_only_the_own_days_count() -> None:
    calendar = HolidayCalendar({EVE: "Véspera"})
    assert calendar.between(date(2020, 1, 1), date(2030, 1, 1)) == [Holiday(EVE, "Véspera")]
    assert CHRISTMAS not in calendar


def test_the_end_before_the_beginning_is_nothing() -> None:
    assert HolidayCalendar({EVE: "Véspera"}, "BR").between(CHRISTMAS, EVE) == []
    assert HolidayCalendar({EVE: "Véspera"}, "BR").between(NEW_YEAR, EVE) == []


def test_only_days_are_asked_for() -> None:
    assert "2026-12-24" not in HolidayCalendar({EVE: "Véspera"}, "BR")
    assert datetime(2026, 12, 24).date() in HolidayCalendar({EVE: "Véspera"}, "BR")  # noqa: DTZ001  # a day has no zone


def test_moveable_feasts() -> None:
    easter_monday = {date(2026, 4, 6), date(2027, 3, 29)}
    assert easter_monday == {day for year in (2026, 2027) for day, name in public_holidays("DE", year).items()
                             if name == "Ostermontag"}  # fmt: skip


def test_the_language_of_the_machine_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "uk")
    public_holidays.cache_clear()
    assert public_holidays("BR", 2026)[CHRISTMAS] == "Natal"


@pytest.mark.parametrize("country", ["", "XX", "br", "BRA", "__class__", "HolidayBase"])
def test_what_is_no_country_has_no_holidays(country: str) -> None:
    assert public_holidays(country, 2026) == {}


@pytest.mark.parametrize("year", [1, 1800, 9000, 9999])
def test_far_years_are_no_trouble(year: int) -> None:
    for country in ("BR", "IN", "SA", "CN", "XK"):
        assert all(day.year == year for day in public_holidays(country, year))


def test_countries_and_zones() -> None:
    assert {"BR", "PT", "US", "DE"} < holiday_countries()
    assert all(len(code) == 2 and code.isupper() for code in holiday_countries())
    assert {"UTC", "America/Sao_Paulo", "Europe/Lisbon"} < zone_names()
    assert {"localtime", "Factory", ""}.isdisjoint(zone_names())


def test_names_of_today_are_offered_and_older_ones_known() -> None:
    offered = zone_names_offered()
    assert offered[:2] == ("UTC", "Africa/Abidjan")
    assert {"America/Sao_Paulo", "America/Argentina/Buenos_Aires", "Asia/Kolkata"} < set(offered) < zone_names()
    older = {"CET", "EST5EDT", "GMT", "Zulu", "Brazil/East", "US/Eastern", "Asia/Calcutta", "Etc/GMT+3"}
    assert older.isdisjoint(offered)
    assert older < zone_names()
