"""Time zones, and the days on which an organization rests: its own and its country's. Pure, without a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import available_timezones

import holidays
from holidays.registry import COUNTRIES

_NOT_MEANT = {"Factory", "localtime"}
"""Names in the database of zones that are no zone: one for machines not set up, one for wherever the machine is."""

_NAME_IN_TABLE = 2  # after the country and the place


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """A day of rest and what it is called."""

    date: date
    name: str


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """An organization's days of rest; ``day in calendar`` asks for one. Its own name for a day comes first."""

    own: Mapping[date, str] = field(default_factory=dict)
    country: str = ""

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and (day in self.own or day in public_holidays(self.country, day.year))

    def between(self, first: date, last: date) -> list[Holiday]:
        """The days of rest from ``first`` to ``last``, both included, in order."""
        days: dict[date, str] = {}
        for year in range(first.year, last.year + 1):
            days |= public_holidays(self.country, year)
        days |= self.own
        return sorted(Holiday(day, name) for day, name in days.items() if first <= day <= last)


@cache
def zone_names() -> frozenset[str]:
    """Names of the IANA database of time zones."""
    return frozenset(available_timezones() - _NOT_MEANT)


@cache
def zone_names_offered() -> tuple[str, ...]:
    """UTC, and the zones of all countries as the IANA database calls them today; its older names are known as well."""
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    named = {line.split("\t")[_NAME_IN_TABLE] for line in table.splitlines() if not line.startswith("#")}
    return ("UTC", *sorted(named & zone_names()))


def zone_choices() -> list[tuple[str, Any]]:
    """Those that are offered under the regions of their names; UTC, which has none, first."""
    regions: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in zone_names_offered():
        regions[name.partition("/")[0] if "/" in name else ""].append((name, name))
    return [*regions.pop(""), *regions.items()]


@cache
def holiday_countries() -> frozenset[str]:
    """ISO 3166-1 codes, of two letters, of the countries whose public holidays are known."""
    return frozenset(entry[1] for entry in COUNTRIES.values())


@lru_cache(maxsize=4096)
def public_holidays(country: str, year: int) -> Mapping[date, str]:
    """A country's public holidays in one year by their names there; none without a country or beyond what is known."""
    if country not in holiday_countries():
        return {}
    known = type(holidays.country_holidays(country))
    if not known.start_year <= year <= known.end_year:
        return {}
    language = known.default_language or "en_US"  # else the machine's language would decide
    return dict(holidays.country_holidays(country, years=year, expand=False, language=language))
