"""Support access in both back-offices: the platform asks, enters and ends; the organization sees and ends."""

from __future__ import annotations

from typing import Any
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
from apps.common.admin_display import badge
from apps.common.admin_sites import Notice, organization_site, platform_site
from apps.common.errors import ApplicationError
from apps.common.middleware.headers import back_office_policy
from apps.tenants.models import SupportGrant
from apps.tenants.selectors import organization_url

_HIDDEN = ("person_id", "token_hash", "ticket_hash", "ticket_until")


class SupportGrantAdmin(ServiceAdmin):
    """What both sides see of it."""

    icon = "support_agent"
    exclude: tuple[str, ...] = _HIDDEN
    plural = _("support access")
    actions = ("end",)

    @admin.display(description=_("state"))
    def state(self, grant: SupportGrant) -> SafeString:
        if grant.ended_at is not None:
            return badge(_("ended"))
        if not grant.is_live(timezone.now()):
            return badge(_("over"))
        return badge(_("inside"), "care") if grant.entered_at is not None else badge(_("may enter"), "busy")

    def end_one(self, actor: Actor, grant: SupportGrant) -> None:
        """Ends one."""
        raise NotImplementedError

    @admin.action(description=_("End"), permissions=["write"])
    def end(self, request: HttpRequest, grants: QuerySet[SupportGrant]) -> None:
        actor = request.actor  # type: ignore[attr-defined]
        done = self.each(request, grants, lambda row: self.end_one(actor, row))
        self.message_user(request, _("%(count)d ended.") % {"count": done})


@admin.register(SupportGrant, site=organization_site)
class OwnSupportGrantAdmin(SupportGrantAdmin):
    section, rank = "settings", 80
    read_action = write_action = MANAGE
    list_display = ("person", "reason", "state", "created_at", "expires_at", "entered_at", "ended_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupportGrant]:
        return support_grants_own(actor=request.actor, now=timezone.now())  # type: ignore[attr-defined]

    def end_one(self, actor: Actor, grant: SupportGrant) -> None:
        support_grant_end_own(actor=actor, grant_id=grant.pk, now=timezone.now())


@admin.register(SupportGrant, site=platform_site)
class PlatformSupportGrantAdmin(SupportGrantAdmin):
    """Asking is adding; who asked enters from the row's page."""

    section, rank = "organizations", 25
    read_action = write_action = "platform.manage"
    form_fields = ("organization", "reason")
    autocomplete_fields = ("organization",)
    list_display = ("organization", "person", "reason", "state", "created_at", "expires_at", "entered_at", "ended_at")
    list_select_related = ("organization",)
    search_fields = ("organization__name", "organization__slug", "person", "reason")
    change_form_template = "accounts/admin/support_grant.html"
    exclude = (*_HIDDEN, "ended_by")

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
        return HttpResponseRedirect(reverse("platform:tenants_supportgrant_change", args=[obj.pk]))

    def end_one(self, actor: Actor, grant: SupportGrant) -> None:
        support_grant_end(actor=actor, organization_id=grant.organization.pk, grant_id=grant.pk, now=timezone.now())

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        grant = self.get_object(request, object_id)
        beside: dict[str, Any] = {}
        if grant is not None:
            live, own = grant.is_live(timezone.now()), grant.person_id == request.actor.user_id
            beside = {"subtitle": None, "grant": grant, "state": self.state(grant), "live": live, "own": live and own}
        page: HttpResponseBase = super().change_view(request, object_id, form_url, beside | (extra_context or {}))
        return page

    def get_urls(self) -> list[URLPattern]:
        views = {"enter": self.enter, "close": self.close}
        own = [
            path(
                f"<uuid:support_grant_id>/{name}/",
                self.admin_site.admin_view(never_cache(require_POST(view))),
                name=f"tenants_supportgrant_{name}",
            )
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def enter(self, request: Any, support_grant_id: UUID) -> HttpResponseBase:
        """The way in: a form for the organization's own host, which is told where it comes from and nothing more."""
        grant = self.get_object(request, str(support_grant_id))
        try:
            if grant is None:
                return self._back(support_grant_id)
            entered, ticket = support_ticket_issue(
                actor=request.actor,
                organization_id=grant.organization.pk,
                grant_id=support_grant_id,
                now=timezone.now(),
            )
        except ApplicationError as error:
            self.explain(request, error)
            return self._back(support_grant_id)
        host = organization_url(entered.organization)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Enter %(name)s") % {"name": entered.organization.name},
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

    def close(self, request: Any, support_grant_id: UUID) -> HttpResponseBase:
        grant = self.get_object(request, str(support_grant_id))
        try:
            if grant is not None:
                self.end_one(request.actor, grant)
        except ApplicationError as error:
            self.explain(request, error)
        return self._back(support_grant_id)

    @staticmethod
    def _back(grant_id: UUID) -> HttpResponseBase:
        return HttpResponseRedirect(reverse("platform:tenants_supportgrant_change", args=[grant_id]))


def notices_of(request: Any) -> list[Notice]:
    """What stands above every page of an organization while support may be in: to support, and to administrators."""
    actor: Actor = request.actor
    if not actor.holds(MANAGE) or actor.schema != request.organization.schema_name:
        return []
    live = support_grants_own(actor=actor, live=True, now=timezone.now())
    if actor.support_id is not None:
        own = live.filter(pk=actor.support_id)
        return [Notice(_("Support access"), grant.reason, grant.expires_at, reverse("support-leave")) for grant in own]
    page = reverse("organization:tenants_supportgrant_changelist")
    return [
        Notice(
            _("Support of the platform is let in: %(person)s") % {"person": grant.person},
            grant.reason,
            grant.expires_at,
            link=page,
        )
        for grant in live[:3]
    ]
