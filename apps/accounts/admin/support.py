"""Support access in both back-offices: the platform asks, enters and ends; the organization sees and ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.accounts.selectors.support_grants import support_grants_own
from apps.accounts.services.support_grants import (
    MANAGE,
    support_grant_ask,
    support_grant_end,
    support_grant_end_own,
    support_ticket_issue,
)
from apps.common.actor import Actor
from apps.common.admin import ServiceAdmin
from apps.common.admin_display import Named, badge
from apps.common.admin_sites import Notice, organization_site, platform_site
from apps.common.errors import ApplicationError
from apps.common.middleware.headers import back_office_policy
from apps.tenants.models import SupportGrant
from apps.tenants.selectors import organization_url


class SupportGrantAdmin(ServiceAdmin):
    """What both sides see of it."""

    icon = "support_agent"
    shown: tuple[str, ...] = ("reason", "person", "created_at", "expires_at", "entered_at", "ended_at")
    title, plural = _("support access"), _("accesses of support")
    actions = ("end",)
    change_form_template = "accounts/admin/support_grant.html"
    end_service: ClassVar[Callable[..., None]]

    @admin.display(description=_("state"))
    def state(self, grant: SupportGrant) -> SafeString:
        if grant.ended_at is not None:
            return badge(_("ended"))
        if not grant.is_live(timezone.now()):
            return badge(_("over"))
        return badge(_("inside"), "care") if grant.entered_at is not None else badge(_("may enter"), "busy")

    @admin.action(description=_("End"), permissions=["write"])
    def end(self, request: Any, grants: QuerySet[SupportGrant]) -> None:
        done = self.each(request, grants, lambda row: self.end_one(request.actor, row))
        self.message_user(request, _("%(count)d ended.") % {"count": done})

    def end_one(self, actor: Actor, grant: SupportGrant) -> None:
        self.end_service(actor=actor, grant_id=grant.pk, now=timezone.now())

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.form_fields if obj is None else self.shown

    def named(self, row: SupportGrant) -> Named:
        return Named(row, row.reason)

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        grant = self.get_object(request, object_id)
        beside: dict[str, Any] = {}
        if grant is not None:
            beside = {"subtitle": None, "grant": grant, "state": self.state(grant)}
            beside |= {"live": grant.is_live(timezone.now()), "own": grant.person_id == request.actor.user_id}
        page: HttpResponseBase = super().change_view(request, object_id, form_url, beside | (extra_context or {}))
        return page

    def get_urls(self) -> list[URLPattern]:
        return [*(self.on_one(name, view) for name, view in self.of_one().items()), *super().get_urls()]

    def of_one(self) -> dict[str, Callable[..., HttpResponseBase]]:
        """What is done with one of them, by the last word of its address."""
        return {"close": self.close}

    def on_one(self, name: str, view: Callable[..., HttpResponseBase]) -> URLPattern:
        posted = self.admin_site.admin_view(never_cache(require_POST(view)))
        route: URLPattern = path(f"<uuid:support_grant_id>/{name}/", posted, name=f"tenants_supportgrant_{name}")
        return route

    def close(self, request: Any, support_grant_id: UUID) -> HttpResponseBase:
        grant = self.get_object(request, str(support_grant_id))
        try:
            if grant is not None:
                self.end_one(request.actor, grant)
        except ApplicationError as error:
            self.explain(request, error)
        return self.back(support_grant_id)

    def back(self, grant_id: UUID) -> HttpResponseBase:
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:tenants_supportgrant_change", args=[grant_id]))


@admin.register(SupportGrant, site=organization_site)
class OwnSupportGrantAdmin(SupportGrantAdmin):
    section, rank = "settings", 80
    nothing = _("Nobody of the platform's support asked to come in.")
    read_action = write_action = MANAGE
    shown = (*SupportGrantAdmin.shown, "ended_by")
    list_display = ("person", "reason", "state", "created_at", "expires_at", "entered_at", "ended_at")
    list_before_template = "accounts/admin/support_kept_out.html"
    end_service = staticmethod(support_grant_end_own)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupportGrant]:
        return support_grants_own(actor=request.actor, now=timezone.now())  # type: ignore[attr-defined]

    def change_view(self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        return super().change_view(request, object_id, form_url, {"may_forbid": True, **(extra_context or {})})


@admin.register(SupportGrant, site=platform_site)
class PlatformSupportGrantAdmin(SupportGrantAdmin):
    """Asking is adding; who asked enters from the row's page."""

    section, rank = "organizations", 25
    nothing = _("Support comes into an organization for a while, with a reason that the organization sees.")
    read_action = write_action = "platform.manage"
    form_fields = ("organization", "reason")
    autocomplete_fields = ("organization",)
    list_display = ("organization", "person", "reason", "state", "created_at", "expires_at", "entered_at", "ended_at")
    list_select_related = ("organization",)
    search_fields = ("organization__name", "organization__slug", "person", "reason")
    shown = ("organization", *SupportGrantAdmin.shown)
    end_service = staticmethod(support_grant_end)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> SupportGrant:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        organization = form.cleaned_data["organization"]
        return support_grant_ask(
            actor=actor, organization_id=organization.pk, reason=form.cleaned_data["reason"], now=now
        )

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponseBase:
        """On to its page, where the door is."""
        return self.back(obj.pk)

    def of_one(self) -> dict[str, Callable[..., HttpResponseBase]]:
        return {**super().of_one(), "enter": self.enter}

    def enter(self, request: Any, support_grant_id: UUID) -> HttpResponseBase:
        """The way in: a form for the organization's own host, which is told where it comes from and nothing more."""
        grant = self.get_object(request, str(support_grant_id))
        try:
            if grant is None:
                return self.back(support_grant_id)
            entered, ticket = support_ticket_issue(
                actor=request.actor,
                organization_id=grant.organization.pk,
                grant_id=support_grant_id,
                now=timezone.now(),
            )
        except ApplicationError as error:
            self.explain(request, error)
            return self.back(support_grant_id)
        host = organization_url(entered.organization)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Enter %(name)s") % {"name": entered.organization.name},
            "here": _("Enter"),
            "opts": self.opts,
            "original": grant,
            "grant": entered,
            "entrance": f"{host}{reverse('support-enter')}",
            "ticket": ticket,
        }
        request.current_app = self.admin_site.name
        page = TemplateResponse(request, "accounts/admin/support_entrance.html", context)
        page["Content-Security-Policy"] = back_office_policy(images=request.office_logo, targets=host)
        page["Referrer-Policy"] = "strict-origin"
        return page


def notices_of(request: Any) -> list[Notice]:
    """What stands above every page of an organization while support may be in: to support, and to administrators."""
    actor: Actor = request.actor
    if not actor.holds(MANAGE) or actor.schema != request.organization.schema_name:
        return []
    live = support_grants_own(actor=actor, live=True, now=timezone.now())
    if actor.support_id is not None:
        own = live.filter(pk=actor.support_id)
        return [Notice(_("Support access"), grant.reason, grant.expires_at, reverse("support-leave")) for grant in own]
    return [
        Notice(
            _("Support of the platform is let in: %(person)s") % {"person": grant.person},
            grant.reason,
            grant.expires_at,
            link=reverse("organization:tenants_supportgrant_change", args=[grant.pk]),
        )
        for grant in live[:3]
    ]
