"""Two back-offices: one for each organization on its own hosts, one for the platform on the shared host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from apps.common.admin_navigation import navigation_of
from apps.common.middleware.headers import forgotten


@dataclass(frozen=True, slots=True)
class Frame:
    """What the frame of a page shows of the organization: its name, its logo and six hex digits of a colour, if any."""

    name: str = ""
    logo_url: str = ""
    accent: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What stands above every page until a time.

    ``leave`` is where its button posts to, ``link`` what there is to see.
    """

    title: Any
    text: str
    until: datetime
    leave: str = ""
    link: str = ""


def _words() -> dict[str, str]:
    """What scripts of the frame say, and in which zone."""
    words = {"menu": _("Menu"), "close": _("Close"), "theme": _("Appearance"), "home": _("Overview")}
    return {"zone": get_current_timezone_name()} | {name: str(word) for name, word in words.items()}


def _is_support(request: HttpRequest) -> bool:
    actor = getattr(request, "actor", None)
    return actor is not None and actor.support_id is not None


class OrganizationSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    """What an organization sees of itself. Apps above say how the frame looks and what the first page shows."""

    site_title = _("Oficina")
    site_header = _("Oficina")
    index_title = _("Overview")
    site_url = "/portal/"
    enable_nav_sidebar = True
    frame_of: Callable[[HttpRequest], Frame] | None = None
    notices_of: Callable[[HttpRequest], list[Notice]] | None = None
    overview_of: Callable[[HttpRequest], dict[str, Any]] | None = None
    overview_template = "admin/index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        actor = getattr(request, "actor", None)
        return bool(actor is not None and actor.is_authenticated and request.user.is_active)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        frame = self.frame_of(request) if self.frame_of is not None else Frame()
        request.office_logo = frame.logo_url  # type: ignore[attr-defined]  # for the policy of the page's resources
        styles = [static(f"common/{name}.css") for name in ("tokens", "shared", "office")]
        return {
            **super().each_context(request),
            "office": self,
            "site_title": frame.name or self.site_title,
            "site_header": frame.name or self.site_header,
            "site_url": self.site_url_of(request),
            "site_icon": frame.logo_url or None,
            "site_symbol": "handyman",
            "site_favicons": [Favicon(href=static("common/icon.svg"), rel="icon", type="image/svg+xml")],
            "notices": self.notices_of(request) if self.notices_of and self.has_permission(request) else [],
            "colors": {},  # they come from style sheets of ours: nothing is written into the page
            "styles": styles + ([reverse("theme", args=[frame.accent])] if frame.accent else []),
            "scripts": [f"{static('common/office.js')}?{urlencode(_words())}"],
            "account_links": self._account_links(request),
            "show_languages": True,
            "languages_action": reverse("language"),
            "sidebar_show_search": False,
            "sidebar_navigation": navigation_of(self, request) if self.has_permission(request) else [],
        }

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Support that signs out has left, and is led to where it came from."""
        left = request.method == "POST" and _is_support(request)
        response: HttpResponse = super().logout(request, extra_context)
        return forgotten(HttpResponseRedirect(reverse("support-left")) if left else response)

    def site_url_of(self, request: HttpRequest) -> str | None:
        """Where "View site" leads, if anywhere: the portal is about people of the organization, and support is none."""
        return None if _is_support(request) else self.site_url

    def _account_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        """What people may change about how they sign in, where they do so with a password."""
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated or not user.has_usable_password():
            return []
        back = urlencode({"next": reverse(f"{self.name}:index")})
        return [
            {"title": _("Change password"), "link": reverse(f"{self.name}:password_change")},
            {"title": _("Second factor"), "link": f"{reverse('second-factor')}?{back}"},
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The first page: what the app above put there, or what there is to open."""
        shown = self.overview_of(request) if self.overview_of is not None else {}
        self.index_template = self.overview_template
        return super().index(request, {**shown, **(extra_context or {})})


class PlatformSite(OrganizationSite):
    """Organizations, hosts, schemas: for those who hold ``platform.manage``."""

    site_title = site_header = _("Oficina platform")
    index_title = _("Platform")
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and request.actor.holds("platform.manage")  # type: ignore[attr-defined]


organization_site = OrganizationSite(name="organization")
platform_site = PlatformSite(name="platform")
