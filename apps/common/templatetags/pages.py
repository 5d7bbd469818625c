"""What templates of pages share: icons, times for the reader's zone, durations."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common.devices import device_text
from apps.common.icons import ICONS, OF_THINGS
from apps.common.times import duration_text

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon beside a text that says the same: screen readers pass over it."""
    drawing = '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{}"></path></svg>'
    return format_html(drawing, ICONS[name])


@register.simple_tag
def icon_of(name: str, otherwise: str) -> SafeString:
    """The icon that people named, where there is one of that name."""
    return icon(name if name in OF_THINGS else otherwise)


@register.simple_tag(takes_context=True)
def moment(context: dict[str, Any], when: datetime | None, kind: str = "minute") -> SafeString | str:
    """A time in the reader's zone, which the browser knows better; ``kind`` is ``day``, ``minute`` or ``ago``."""
    if when is None:
        return "—"
    known = context.get("zone")
    local = timezone.localtime(when, known) if known else when.astimezone(timezone.get_default_timezone())
    text = date_format(local, "SHORT_DATETIME_FORMAT") + ("" if known else " UTC")
    return format_html('<time datetime="{}" data-moment="{}">{}</time>', when.isoformat(), kind, text)


@register.filter
def device(said: str) -> str:
    """A browser and its system by their names."""
    return device_text(said)


@register.filter
def duration(seconds: float | None) -> str:
    """``72`` → ``1 min 12 s``; a dash for what is not known."""
    return "—" if seconds is None else duration_text(seconds)


@register.filter
def percent(share: float | None) -> str:
    """``0.975`` → ``97 %``: rounded down, so that only what never failed is 100 %."""
    return "—" if share is None else f"{math.floor(share * 100)} %"
