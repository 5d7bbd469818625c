"""The areas of the API: each has documents of its own, as the scheduling platform's gateway had."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

BASE = "/api/v1"


@dataclass(frozen=True, slots=True)
class Area:
    """Routes that begin with one of ``prefixes`` (below ``/api/v1``) and are documented at ``/<slug>/docs``."""

    slug: str
    title: Promise
    prefixes: tuple[str, ...]

    def covers(self, path: str) -> bool:
        """Whether a path of the API belongs to it."""
        return any(f"{path}/".startswith(f"{BASE}{prefix}/") for prefix in self.prefixes)


AREAS = (
    Area("tenants", _("Organizations"), ("/tenants", "/auth/register")),
    Area("users", _("Sign-in, users and keys"), ("/auth", "/users", "/api-keys", "/ws/ticket")),
    Area("robots", _("Robots and runs"), ("/robots", "/runs", "/retention")),
    Area("portal", _("Service portal"), ("/domains", "/services")),
)
