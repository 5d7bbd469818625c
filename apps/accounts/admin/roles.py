"""Roles: what each may do, ticked in a table, and how many people have it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from apps.accounts.admin.role_forms import RoleForm
from apps.accounts.authentication.pages import preview_keep
from apps.accounts.errors import RoleNotFound
from apps.accounts.models import Role
from apps.accounts.roles import ORG_ADMIN, PLATFORM_ADMIN
from apps.accounts.selectors.users import roles_assignable
from apps.accounts.services.role_previews import role_preview_start
from apps.accounts.services.roles import MANAGE, role_create, role_delete, role_update
from apps.accounts.ticks import table_of
from apps.common.admin_display import Named, badge, switch_badge
from apps.common.admin_forms import JudgedAdmin
from apps.common.errors import ApplicationError
from apps.tenants.context import require_tenant
from apps.tenants.naming import PLATFORM


def _actions_here() -> frozenset[str]:
    """Those that roles of this place may hold: nobody runs the platform from an organization."""
    return PLATFORM_ADMIN if require_tenant() == PLATFORM else ORG_ADMIN


class RoleAdmin(JudgedAdmin):
    """Built-in roles are looked at; an organization adds its own, the platform does not."""

    section, icon, rank = "people", "badge", 20
    read_action = write_action = MANAGE
    form = RoleForm
    form_fields = ("name", "slug", "actions")
    list_display = ("called", "slug", "kind", "may", "people")
    list_filter = ("built_in",)
    search_fields = ("slug", "name")
    actions = ("remove",)
    change_form_template = "accounts/admin/role.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        return roles_assignable().annotate(having=Count("users")).order_by("-built_in", "slug")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and require_tenant() != PLATFORM

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """On lists too, or there would be nothing to choose from."""
        return super().has_change_permission(request, obj) and (obj is None or not obj.built_in)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and obj.built_in:
            return ("called", "slug", "kind", "people", "table")
        return self.form_fields if obj is None else (*self.form_fields, "people")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": self.get_fields(request, obj)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("called", "kind", "people", "table") if obj is None or obj.built_in else ("slug", "people")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With those actions on offer that the person holds."""
        held = ORG_ADMIN & request.actor.permissions  # type: ignore[attr-defined]
        form_class = super().get_form(request, obj, change=change, **kwargs)

        class Offering(form_class):  # type: ignore[misc, valid-type]  # a class of this request
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                if "actions" in self.fields:
                    self.offer(held)

        return Offering

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(require_POST(self.preview))
        return [path("<uuid:role_id>/preview/", preview, name="accounts_role_preview"), *super().get_urls()]

    def preview(self, request: Any, role_id: UUID) -> HttpResponseBase:
        """To the first page, as the role sees it."""
        self._require_view(request)
        try:
            role = roles_assignable().filter(pk=role_id).first()
            if role is None:
                raise RoleNotFound
            role_preview_start(actor=request.actor, role=role, now=timezone.now())
        except ApplicationError as error:
            self.explain(request, error)
            return HttpResponseRedirect(reverse(f"{self.admin_site.name}:accounts_role_changelist"))
        preview_keep(request, str(role.pk))
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:index"))

    def named(self, row: Role) -> Named:
        return Named(row, row.title)

    @admin.display(description=_("name"), ordering="name")
    def called(self, role: Role) -> str:
        return role.title

    @admin.display(description=_("kind"), ordering="built_in")
    def kind(self, role: Role) -> SafeString:
        return switch_badge(not role.built_in, _("own"), _("built in"))

    @admin.display(description=_("may do"))
    def may(self, role: Role) -> SafeString:
        return badge(_("%(count)d things") % {"count": len(role.actions)})

    @admin.display(description=_("people"), ordering="having")
    def people(self, role: Any) -> SafeString:
        address = reverse(f"{self.admin_site.name}:accounts_user_changelist")
        return format_html('<a href="{}?role__id__exact={}">{}</a>', address, role.pk, role.having)

    @admin.display(description=pgettext_lazy("of a role", "may"))
    def table(self, role: Role) -> str:
        return render_to_string("accounts/actions.html", {"lines": table_of(role.actions, offered=_actions_here())})

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Role:
        actor, now, given = request.actor, timezone.now(), form.cleaned_data  # type: ignore[attr-defined]
        if change:
            return role_update(actor=actor, role=form.instance, name=given["name"], actions=given["actions"], now=now)
        return role_create(actor=actor, **given, now=now)

    @admin.action(description=_("Remove"), permissions=["write"])
    def remove(self, request: HttpRequest, roles: QuerySet[Role]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(request, roles, lambda row: role_delete(actor=actor, role=row, now=now))
        self.message_user(request, _("%(count)d removed.") % {"count": done})
