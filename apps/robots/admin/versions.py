"""Versions: published from a robot's page, activated there or in the list, and shown as what they are: immutable."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.common.admin_display import moment_display, switch_badge, tags_display
from apps.common.admin_sites import organization_site
from apps.robots.admin.of_robot import OfRobotAdmin
from apps.robots.models import RobotVersion
from apps.robots.services.versions import version_activate


@admin.register(RobotVersion, site=organization_site)
class RobotVersionAdmin(OfRobotAdmin):
    section, icon, rank = "robots", "deployed_code", 20
    plural = _("versions")
    nothing = _("A version is published on the page of its robot, or by a program.")
    elsewhere = (_("Robots"), "robots_robot_changelist")
    write_action = "robot.publish"
    list_display = ("robot", "version", "active", "channel", "tagged", "size", "published")
    list_display_links = ("robot", "version")
    list_filter = ("channel", "is_active", "entrypoint_type", "robot")
    list_select_related = ("robot",)
    search_fields = ("robot__name", "version")
    date_hierarchy = "created_at"
    exclude = ("storage_name",)
    actions = ("activate",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["size" if name == "artifact_size" else name for name in super().get_fields(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "size"]

    @admin.display(description=_("active"), ordering="is_active")
    def active(self, version: RobotVersion) -> SafeString:
        return switch_badge(version.is_active, pgettext_lazy("version", "active"), _("not active"))

    @admin.display(description=_("release tags"))
    def tagged(self, version: RobotVersion) -> SafeString | str:
        return tags_display(version.release_tags)

    @admin.display(description=_("size"), ordering="artifact_size")
    def size(self, version: RobotVersion) -> str:
        return filesizeformat(version.artifact_size)

    @admin.display(description=_("published"), ordering="id")
    def published(self, version: RobotVersion) -> SafeString | str:
        return moment_display(version.created_at)

    @admin.action(description=_("Make the active version"), permissions=["write"])
    def activate(self, request: HttpRequest, versions: QuerySet[RobotVersion]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(
            request,
            versions.select_related("robot"),
            lambda row: version_activate(actor=actor, robot=row.robot, version=row, now=now),
        )
        self.message_user(request, _("%(count)d activated.") % {"count": done})
