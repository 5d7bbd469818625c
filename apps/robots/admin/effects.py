"""What changes of an organization's settings mean for schedules, said before they are saved."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import ngettext

from apps.accounts.permissions import allowed
from apps.common.actor import Actor
from apps.common.admin_previews import effect_of
from apps.robots.models import Schedule
from apps.robots.selectors.robots import READ
from apps.robots.selectors.schedules import schedules_in_use

SETTINGS = "tenants.organizationsettings"


@effect_of(SETTINGS, "timezone")
def of_zone(*, actor: Actor, **_given: Any) -> str:
    """Schedules fire by the zone that is written on them."""
    found = _seen(actor)
    if found is None:
        return ""
    count = found.count()
    text = ngettext(
        "%(count)d schedule fires by the zone that is written on it, and stays as it is.",
        "%(count)d schedules fire by the zones that are written on them, and stay as they are.",
        count,
    )
    return text % {"count": count}


@effect_of(SETTINGS, "holidays", "holiday_country")
def of_holidays(*, actor: Actor, **_given: Any) -> str:
    """Those that leave holidays out look at the calendar when they are due."""
    found = _seen(actor)
    if found is None:
        return ""
    count = found.filter(skip_holidays=True).count()
    text = ngettext(
        "%(count)d schedule leaves holidays out, by the new days from its next firing on.",
        "%(count)d schedules leave holidays out, by the new days from their next firing on.",
        count,
    )
    return text % {"count": count}


def _seen(actor: Actor) -> QuerySet[Schedule] | None:
    return schedules_in_use(actor=actor) if allowed(actor, READ) else None
