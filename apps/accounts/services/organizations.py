"""What an organization says of itself: its name and looks, and the rules it works by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.payloads import RowPreview
from apps.accounts.permissions import require, require_insider
from apps.accounts.services.support_grants import support_grants_forbid
from apps.common.actor import Actor
from apps.common.changes import assign, check_fields
from apps.common.errors import InvalidInput
from apps.common.etags import check_match
from apps.events.services import record
from apps.tenants.context import require_tenant
from apps.tenants.models import (
    DEFAULT_LABELS,
    HOLIDAY_LENGTH,
    LABEL_LENGTH,
    MOST_HOLIDAYS,
    Organization,
    OrganizationSettings,
)
from apps.tenants.selectors import organization_current, organization_settings_now, settings_forget
from apps.tenants.validators import line_validate

MANAGE = "settings.manage"
BRANDING = ("name", "logo_url", "theme_primary_color")
SETTINGS = (
    "business_type",
    "timezone",
    "working_hours_start",
    "working_hours_end",
    "booking_interval",
    "advance_booking_days",
    "cancellation_hours",
    "custom_labels",
    "holidays",
    "holiday_country",
    "require_second_factor",
    "support_access",
)
OWN_PEOPLES = frozenset({"require_second_factor", "support_access"})
"""What is for the organization's own people to set, and not for support that they have let in."""


def organization_update(
    *, actor: Actor, changes: Mapping[str, Any], if_match: str | None = None, now: datetime
) -> Organization:
    """Changes any of ``name, logo_url, theme_primary_color`` of the actor's organization [settings.manage].

    Others see it within ORGANIZATION_CACHE_SECONDS. Raises ``PermissionDenied``, ``InvalidInput`` naming the field,
    ``PreconditionFailed``.
    """
    require(actor, MANAGE)
    with transaction.atomic():
        own = Organization.objects.select_for_update(no_key=True).get(schema_name=require_tenant())
        check_match(own, if_match)
        changed = assign(own, {name: changes[name] for name in BRANDING if name in changes})
        if changed:
            check_fields(own, changed)
            own.save(update_fields=[*changed, "updated_at"])
            record("organization.updated", actor=actor, subject=own, data={"changed": changed}, now=now)
    return own


def organization_settings_update(
    *, actor: Actor, changes: Mapping[str, Any], if_match: str | None = None, now: datetime
) -> OrganizationSettings:
    """Changes any of the settings of the actor's organization [settings.manage].

    ``custom_labels`` are merged by key, an empty one gives back ours; ``holidays``, ``{date, name}`` each, take the
    place of those before. Without ``support_access`` whoever of support is in is out at once. Raises
    ``PermissionDenied``, ``NotUnderSupport``, ``InvalidInput`` naming the field, ``PreconditionFailed``.
    """
    require(actor, MANAGE)
    with transaction.atomic():
        row = _locked_settings(now)
        check_match(row, if_match)
        changed = assign(row, _wanted(row, changes))
        if not OWN_PEOPLES.isdisjoint(changed):
            require_insider(actor, MANAGE)
        if changed:
            check_fields(row, changed)
            row.updated_at = now
            row.save(update_fields=[*changed, "updated_at"])
            transaction.on_commit(lambda: settings_forget(row.organization_id))
            facts = {"changed": changed}
            record("organization.settings_changed", actor=actor, subject=row, data=facts, now=now)
            if "support_access" in changed and not row.support_access:
                support_grants_forbid(actor=actor, now=now)
    return row


def organization_preview(*, actor: Actor, changes: Mapping[str, Any]) -> RowPreview:
    """What :func:`organization_update` would make of the organization; writes nothing, and refuses as it does."""
    require(actor, MANAGE)
    before = organization_current()
    return _previewed(before, {name: changes[name] for name in BRANDING if name in changes})


def organization_settings_preview(
    *, actor: Actor, changes: Mapping[str, Any], if_match: str | None = None
) -> RowPreview:
    """What :func:`organization_settings_update` would make of the settings; writes nothing, and refuses as it does."""
    require(actor, MANAGE)
    with transaction.atomic():
        before = organization_settings_now()
        check_match(before, if_match)
    preview = _previewed(before, _wanted(before, changes))
    if not OWN_PEOPLES.isdisjoint(preview.changed):
        require_insider(actor, MANAGE)
    return preview


def _previewed(before: Any, wanted: Mapping[str, Any]) -> RowPreview:
    after = copy(before)
    changed = assign(after, wanted)
    check_fields(after, changed)
    return RowPreview(before, after, changed)


def _locked_settings(now: datetime) -> OrganizationSettings:
    """The row, locked; where there is none yet it is made of the defaults. Of two who make it, one waits."""
    schema = require_tenant()
    first = OrganizationSettings(organization_id=schema, created_at=now, updated_at=now)
    OrganizationSettings.objects.bulk_create([first], ignore_conflicts=True)
    return OrganizationSettings.objects.select_for_update().get(organization_id=schema)


def _wanted(row: OrganizationSettings, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as they are stored: labels merged, days of rest in order."""
    wanted = {name: changes[name] for name in SETTINGS if name in changes}
    if "custom_labels" in wanted:
        wanted["custom_labels"] = _labels(row, wanted["custom_labels"])
    if "holidays" in wanted:
        wanted["holidays"] = _holidays(wanted["holidays"])
    return wanted


def _labels(row: OrganizationSettings, given: Mapping[str, str]) -> dict[str, str]:
    for key, text in given.items():
        if key not in DEFAULT_LABELS:
            raise InvalidInput(errors={f"custom_labels.{key}": [_("Unknown field.")]})
        _require_line(f"custom_labels.{key}", text, LABEL_LENGTH)
    return {key: text for key, text in (row.custom_labels | given).items() if text}


def _holidays(given: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    if len(given) > MOST_HOLIDAYS:
        raise InvalidInput(errors={"holidays": [_("At most %(number)d days.") % {"number": MOST_HOLIDAYS}]})
    for index, entry in enumerate(given):
        _require_line(f"holidays.{index}.name", entry["name"], HOLIDAY_LENGTH)
    days = {entry["date"]: entry["name"] for entry in given}
    if len(days) < len(given):
        raise InvalidInput(errors={"holidays": [_("A day stands there more than once.")]})
    return [{"date": day.isoformat(), "name": name} for day, name in sorted(days.items())]


def _require_line(field: str, text: str, longest: int) -> None:
    try:
        line_validate(text)
        MaxLengthValidator(longest)(text)
    except ValidationError as error:
        raise InvalidInput(errors={field: error.messages}) from error
