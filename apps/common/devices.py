"""Devices, called by what their browsers say of themselves."""

from __future__ import annotations

from functools import lru_cache

from django.utils.translation import gettext as _
from ua_parser import parse

REMEMBERED = 1_000


def device_text(said: str) -> str:
    """``Firefox on Windows`` for a ``User-Agent`` that is known; what it says where it is not."""
    browser, system = _parts(said)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or said


@lru_cache(maxsize=REMEMBERED)
def _parts(said: str) -> tuple[str, str]:
    found = parse(said)
    return (found.user_agent.family if found.user_agent else "", found.os.family if found.os else "")
