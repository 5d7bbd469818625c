"""The frame of the back-office's pages in the looks of the organization whose pages they are."""

from __future__ import annotations

from typing import Any

from apps.common.admin_sites import Frame
from apps.tenants.branding import branding_of
from apps.tenants.naming import PLATFORM


def frame_of(request: Any) -> Frame:
    """The organization's own name, logo and colour; the platform is called as its site says, in each language."""
    brand = branding_of(request.organization)
    name = "" if request.organization.schema_name == PLATFORM else brand.name
    return Frame(name=name, logo_url=brand.logo_url, accent=brand.accent)
