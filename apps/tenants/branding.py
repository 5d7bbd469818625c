"""An organization's own looks: its name, logo and colour."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from apps.common.colors import DEFAULT_ACCENT, color_of
from apps.tenants.models import Organization


@dataclass(frozen=True, slots=True)
class Branding:
    """What a page wears; ``accent`` is six hex digits, or nothing where the product's own colour will do."""

    name: str
    logo_url: str
    accent: str


def branding_of(organization: Organization) -> Branding:
    """The looks of an organization."""
    color = color_of(organization.theme_primary_color or "")
    accent = str(color).removeprefix("#") if color is not None else ""
    return Branding(
        name=organization.name,
        logo_url=_shown(organization.logo_url or ""),
        accent="" if accent == DEFAULT_ACCENT else accent,
    )


def _shown(address: str) -> str:
    """An address that an image may come from: https, or a path of our own."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    own = not parts.scheme and not parts.netloc and address.startswith("/")
    return address if own or (parts.scheme == "https" and parts.netloc) else ""
