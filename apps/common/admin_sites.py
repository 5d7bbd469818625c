"""Two back-offices: one for each organization on its own hosts, one for the platform on the shared host."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite


class OrganizationSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    """What an organization sees of itself."""

    site_title = _("Oficina")
    site_header = _("Oficina")
    index_title = _("Back-office")

    def has_permission(self, request: HttpRequest) -> bool:
        actor = getattr(request, "actor", None)
        return bool(actor is not None and actor.is_authenticated and request.user.is_active)


class PlatformSite(OrganizationSite):
    """Organizations, hosts, schemas: for those who hold ``platform.manage``."""

    site_header = _("Oficina platform")
    index_title = _("Platform")

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and request.actor.holds("platform.manage")  # type: ignore[attr-defined]


organization_site = OrganizationSite(name="organization")
platform_site = PlatformSite(name="platform")
