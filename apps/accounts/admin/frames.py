"""The frame of the back-office's pages in the looks of the organization whose pages they are."""

from __future__ import annotations

from typing import Any

from apps.common.admin_sites import Frame
from apps.tenants.branding import branding_of


def frame_of(request: Any) -> Frame:
    """The organization's own name, logo and colour."""
    brand = branding_of(request.organization)
    return Frame(name=brand.name, logo_url=brand.logo_url, accent=brand.accent)
