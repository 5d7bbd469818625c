"""What changes of an organization's name, looks and settings mean, said before they are saved."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.accounts.models import SecondFactor, User
from apps.common.admin_previews import effect_of

ORGANIZATION, SETTINGS = "tenants.organization", "tenants.organizationsettings"


@effect_of(ORGANIZATION, "name")
def of_name(**_given: Any) -> Any:
    return _("It stands above every page, on the page of signing in and in mails. Addresses stay as they are.")


@effect_of(ORGANIZATION, "logo_url", "theme_primary_color")
def of_looks(**_given: Any) -> Any:
    return _("Portal, back-office and the page of signing in show it; colours are moved as far as reading needs.")


@effect_of(SETTINGS, "timezone")
def of_zone(**_given: Any) -> Any:
    return _("Pages show times in it to everybody whose account names no zone of its own.")


@effect_of(SETTINGS, "working_hours_start", "working_hours_end", "booking_interval", "advance_booking_days")
def of_hours(**_given: Any) -> Any:
    return _("It holds for what is booked from now on; bookings that are there stay.")


@effect_of(SETTINGS, "cancellation_hours")
def of_cancelling(**_given: Any) -> Any:
    return _("It holds from now on, also for bookings that are there.")


@effect_of(SETTINGS, "custom_labels")
def of_labels(**_given: Any) -> Any:
    return _("Whatever shows the organization's words, here or over the API, calls things so.")


@effect_of(SETTINGS, "require_second_factor")
def of_second_factor(*, after: Any, **_given: Any) -> Any:
    """How many are led to setting one up."""
    if not after.require_second_factor:
        return _("Who has a second factor keeps it.")
    administrators = User.objects.filter(is_active=True, role__actions__contains=["admin.manage"])
    known = SecondFactor.objects.filter(confirmed_at__isnull=False).values("user")
    with_password = administrators.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    missing = with_password.exclude(pk__in=known).count()
    text = ngettext(
        "%(count)d administrator has none yet, and is led to set one up before anything else.",
        "%(count)d administrators have none yet, and are led to set one up before anything else.",
        missing,
    )
    return text % {"count": missing}
