"""Files that runs left: of which run each is, and the ways into it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import allowed
from apps.common.admin_display import moment_display
from apps.common.admin_sites import organization_site
from apps.executions.models import Artifact
from apps.robots.admin.of_robot import OfRobotAdmin
from apps.robots.selectors.runs import READ

PAGE = "organization:robots_run_change"
SHOWN = ("name", "left_by", "bytes", "content_type", "made", "sha256")


@admin.register(Artifact, site=organization_site)
class ArtifactAdmin(OfRobotAdmin):
    section, icon, rank = "runs", "attach_file", 40
    plural = _("artifacts")
    nothing = _("Files that a robot writes into its folder of artifacts stand here when the run has ended.")
    elsewhere = (_("Runs"), "robots_run_changelist")
    read_action = READ
    through = "execution__run__robot__"
    list_display = ("name", "left_by", "bytes", "content_type", "made")
    list_select_related = ("execution__run__robot",)
    search_fields = ("name", "=execution__id", "execution__run__service_title", "execution__run__robot__name")
    date_hierarchy = "created_at"
    change_form_before_template = "robots/admin/artifact.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return SHOWN

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return SHOWN

    @admin.display(description=_("run"), ordering="execution")
    def left_by(self, artifact: Artifact) -> SafeString:
        run = artifact.execution.run
        page = reverse(PAGE, args=[run.pk])
        return format_html('<a class="office-to" href="{}">{}</a>', page, run.service_title or run.robot.name)

    @admin.display(description=_("size"), ordering="size")
    def bytes(self, artifact: Artifact) -> str:
        return filesizeformat(artifact.size)

    @admin.display(description=_("made"), ordering="id")
    def made(self, artifact: Artifact) -> SafeString | str:
        return moment_display(artifact.created_at)

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        artifact: Artifact = kwargs["obj"]
        context["artifact"] = artifact
        context["may_download"] = allowed(request.actor, "artifact.download", artifact.execution.run.robot)
        return super().render_change_form(request, context, *args, **kwargs)
