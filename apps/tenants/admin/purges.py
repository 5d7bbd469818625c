"""What stays of organizations that are gone: certificates, to be read and downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.common.admin_display import EMPTY, structure_display, switch_badge
from apps.common.admin_sites import platform_site
from apps.tenants.admin.platform import PlatformAdmin
from apps.tenants.models import PurgeCertificate
from apps.tenants.services.removals import certificate_bytes, purge_finish

WORDS = {
    "rows": _("rows"),
    "rows_by_table": _("rows by table"),
    "shared_rows_by_table": _("rows of shared tables"),
    "files": _("files"),
    "file_bytes": _("bytes of files"),
    "hosts": _("hosts"),
    "people": _("people"),
    "cache_entries": _("entries of the cache"),
    "roles": _("roles of the database"),
    "schemas": _("schemas"),
}
"""What the document counts, for people; its own words never change."""


def _counted(counts: Mapping[str, Any]) -> SafeString | str:
    return structure_display({str(capfirst(WORDS.get(name, name))): count for name, count in counts.items()})


@admin.register(PurgeCertificate, site=platform_site)
class PurgeCertificateAdmin(PlatformAdmin):
    section, icon, rank = "organizations", "verified", 40
    nothing = _("An organization that was purged leaves a certificate of what went.")
    elsewhere = (_("Organizations"), "tenants_organization_changelist")
    list_display = ("name", "slug", "created_at", "files")
    search_fields = ("name", "slug", "=schema_name", "=digest")
    actions = ("finish",)
    change_form_template = "tenants/admin/certificate.html"
    shown = ("name", "slug", "schema_name", "created_at", "by", "removed", "left", "digest", "files_removed_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What the document says, in words; as it is it can be downloaded."""
        return self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "by", "removed", "left")

    @admin.display(description=_("by"))
    def by(self, certificate: PurgeCertificate) -> str:
        return str(certificate.document.get("purged_by") or EMPTY)

    @admin.display(description=_("removed"))
    def removed(self, certificate: PurgeCertificate) -> SafeString | str:
        return _counted(certificate.document.get("removed", {}))

    @admin.display(description=_("left"))
    def left(self, certificate: PurgeCertificate) -> SafeString | str:
        return _counted(certificate.document.get("left", {}))

    @admin.display(description=_("files"), ordering="files_removed_at")
    def files(self, certificate: PurgeCertificate) -> SafeString:
        return switch_badge(certificate.files_removed_at is not None, _("removed"), _("not removed yet"))

    @admin.action(description=_("Remove files that were left"), permissions=["write"])
    def finish(self, request: HttpRequest, certificates: QuerySet[PurgeCertificate]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(request, certificates, lambda row: purge_finish(actor=actor, certificate=row, now=now))
        self.message_user(request, _("%(count)d finished.") % {"count": done}, messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        name, view = "tenants_purgecertificate_document", self.admin_site.admin_view(self.download)
        return [path("<uuid:object_id>/document/", view, name=name), *super().get_urls()]

    def download(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The document whose SHA-256 the certificate names, byte by byte."""
        found: Any = self.get_object(request, str(object_id))
        if found is None:
            raise Http404
        answer = HttpResponse(certificate_bytes(found.document), content_type="application/json")
        answer.headers["Content-Disposition"] = f'attachment; filename="purge-{found.slug}.json"'
        return answer
