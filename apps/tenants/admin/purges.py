"""What stays of organizations that are gone: certificates, to be read and downloaded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.common.admin_display import switch_badge
from apps.common.admin_sites import platform_site
from apps.tenants.admin.platform import PlatformAdmin
from apps.tenants.models import PurgeCertificate
from apps.tenants.services.removals import certificate_bytes, purge_finish


@admin.register(PurgeCertificate, site=platform_site)
class PurgeCertificateAdmin(PlatformAdmin):
    section, icon, rank = "organizations", "verified", 40
    list_display = ("name", "slug", "created_at", "files")
    search_fields = ("name", "slug", "=schema_name", "=digest")
    actions = ("finish",)
    change_form_template = "tenants/admin/certificate.html"

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
