"""Robots: what they are called, their versions, their schedules and their last runs, on one page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.accounts.permissions import allowed
from apps.common.admin_display import badge, moment_display, tags_display
from apps.common.admin_exports import ExportedAdmin
from apps.common.admin_sites import organization_site
from apps.common.arrivals import taking_files
from apps.common.errors import ApplicationError
from apps.robots.admin.columns import RobotColumns
from apps.robots.admin.forms import PublicationForm
from apps.robots.models import Robot
from apps.robots.selectors.robots import robot_get, robots_visible, version_get, versions_of
from apps.robots.selectors.runs import run_list
from apps.robots.selectors.schedules import schedules_of
from apps.robots.services.publications import package_prepared
from apps.robots.services.robots import robot_archive, robot_create, robot_update
from apps.robots.services.runs import run_start
from apps.robots.services.versions import version_activate, version_publish

PAGE = "organization:robots_robot_change"
RUN_PAGE = "organization:robots_run_change"
PUBLISH, OFFER = "robot.publish", "service.manage"
SHOWN = 10


@admin.register(Robot, site=organization_site)
class RobotAdmin(ExportedAdmin):
    section, icon, rank = "robots", "smart_toy", 10
    plural = _("robots")
    nothing = _("A robot is a program. Add one, then publish its first version.")
    read_action = "robot.read"
    write_action = PUBLISH
    form_fields = ("name", "description", "tags", "pool")
    list_display = ("name", "active", "tagged", "pool", "canary", "changed")
    list_filter = ("pool",)
    search_fields = ("name", "description")
    actions = ("archive",)
    change_form_template = "robots/admin/robot.html"
    export_columns = RobotColumns

    def get_queryset(self, request: HttpRequest) -> QuerySet[Robot]:
        return robots_visible(actor=request.actor)  # type: ignore[attr-defined]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.form_fields

    @admin.display(description=_("active version"))
    def active(self, robot: Any) -> SafeString:
        found = robot.active_versions
        return badge(found[0].version, "good") if found else badge(_("none yet"), "care")

    @admin.display(description=_("tags"))
    def tagged(self, robot: Robot) -> SafeString | str:
        return tags_display(robot.tags)

    @admin.display(description=_("canary"))
    def canary(self, robot: Robot) -> SafeString | str:
        if robot.canary_version is None:
            return "—"
        return badge(f"{robot.canary_version.version}: {robot.canary_percent} %", "busy")

    @admin.display(description=_("changed"), ordering="updated_at")
    def changed(self, robot: Robot) -> SafeString | str:
        return moment_display(robot.updated_at)

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Robot:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        if change:
            return robot_update(actor=actor, robot=form.instance, **form.cleaned_data, now=now)
        return robot_create(actor=actor, **form.cleaned_data, now=now)

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """To the new robot's page, where its first version is published."""
        return HttpResponseRedirect(reverse(PAGE, args=[obj.pk]))

    @admin.action(description=_("Archive"), permissions=["write"])
    def archive(self, request: HttpRequest, robots: QuerySet[Robot]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(request, robots, lambda row: robot_archive(actor=actor, robot=row, now=now))
        self.message_user(request, _("%(count)d archived.") % {"count": done})

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        publish = taking_files(wrap, first=self.may_publish, large=True)
        activate = "<uuid:robot_id>/versions/<uuid:version_id>/activate/"
        return [
            path("<uuid:robot_id>/publish/", publish(self.publish), name="robots_robot_publish"),
            path(activate, wrap(require_POST(self.activate)), name="robots_robot_activate"),
            path("<uuid:robot_id>/run/", wrap(require_POST(self.run)), name="robots_robot_run"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        robot = self.get_object(request, unquote(object_id))
        beside = self._beside(request.actor, robot) if robot is not None else {}
        page: HttpResponseBase = super().change_view(request, object_id, form_url, beside | (extra_context or {}))
        return page

    def _beside(self, actor: Any, robot: Robot) -> dict[str, Any]:
        """What stands below the form."""
        sees_runs = allowed(actor, "run.read", robot)
        return {
            "subtitle": None,
            "robot": robot,
            "versions": versions_of(actor=actor, robot_id=robot.pk)[:SHOWN],
            "schedules": schedules_of(actor=actor, robot_id=robot.pk)[:SHOWN],
            "runs": run_list(actor=actor, robot_id=robot.pk)[:SHOWN] if sees_runs else [],
            "may_publish": allowed(actor, PUBLISH, robot),
            "may_run": allowed(actor, "robot.run", robot),
            "may_offer": allowed(actor, OFFER),
            "sees_runs": sees_runs,
        }

    def history_subjects(self, row: Robot) -> dict[str, list[Any]]:
        """A robot's, and that of its versions and schedules."""
        return {
            **super().history_subjects(row),
            "robots.robotversion": list(row.versions.values_list("pk", flat=True)),
            "robots.schedule": list(row.schedules.values_list("pk", flat=True)),
        }

    def may_publish(self, request: Any, robot_id: UUID) -> HttpResponse | None:
        """What is answered to who may not, before anything that they send is read."""
        try:
            robot_get(actor=request.actor, robot_id=robot_id, action=PUBLISH)
        except ApplicationError as error:
            return self._back(request, error, robot_id)
        return None

    def publish(self, request: Any, robot_id: UUID) -> HttpResponseBase:
        """A form for a version and its file, through the service that the API calls."""
        try:
            robot = robot_get(actor=request.actor, robot_id=robot_id, action=PUBLISH)
        except ApplicationError as error:
            return self._back(request, error, robot_id)
        latest = versions_of(actor=request.actor, robot_id=robot_id, action=PUBLISH).first()
        form = PublicationForm(request.POST or None, request.FILES or None, latest=latest)
        if request.method == "POST" and form.is_valid():
            try:
                self._publish(request, robot, form)
                return HttpResponseRedirect(reverse(PAGE, args=[robot.pk]))
            except ApplicationError as error:
                form.refuse(error)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Publish a version"),
            "here": _("Publish a version"),
            "opts": self.opts,
            "original": robot,
            "robot": robot,
            "form": form,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "robots/admin/publish.html", context)

    def _publish(self, request: Any, robot: Robot, form: PublicationForm) -> None:
        given = {"actor": request.actor, "robot": robot}
        with package_prepared(**given, publication=form.publication(), upload=form.upload()) as package:
            version = version_publish(**given, package=package, now=timezone.now())
        text = _("Version %(version)s is active.") if version.is_active else _("Version %(version)s is published.")
        self.message_user(request, text % {"version": version.version}, messages.SUCCESS)

    def activate(self, request: Any, robot_id: UUID, version_id: UUID) -> HttpResponseBase:
        """Makes a version the active one, a newer or an older."""
        try:
            version = version_get(actor=request.actor, robot_id=robot_id, version_id=version_id, action=PUBLISH)
            version_activate(actor=request.actor, robot=version.robot, version=version, now=timezone.now())
        except ApplicationError as error:
            return self._back(request, error, robot_id)
        text = _("Version %(version)s is active.") % {"version": version.version}
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(reverse(PAGE, args=[robot_id]))

    def run(self, request: Any, robot_id: UUID) -> HttpResponseBase:
        """Starts a run of the active version with the arguments that were typed, one a line, and goes there."""
        typed = request.POST.get("arguments", "").replace("\r", "").split("\n")
        arguments = [line for line in typed if line]
        try:
            robot = robot_get(actor=request.actor, robot_id=robot_id, action="robot.run")
            run = run_start(actor=request.actor, robot=robot, runtime_arguments=arguments, now=timezone.now())
        except ApplicationError as error:
            return self._back(request, error, robot_id)
        return HttpResponseRedirect(reverse(RUN_PAGE, args=[run.pk]))

    def _back(self, request: Any, error: ApplicationError, robot_id: UUID) -> HttpResponse:
        """To the robot's page, with what was refused."""
        self.explain(request, error)
        return HttpResponseRedirect(reverse(PAGE, args=[robot_id]))
