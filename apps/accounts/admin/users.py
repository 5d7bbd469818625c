"""People: who may come in, in which role, from which devices and with which keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.accounts.admin.columns import UserColumns
from apps.accounts.admin.user_rights import UserRightsAdmin
from apps.accounts.errors import ApiKeyNotFound, SessionNotFound
from apps.accounts.forms import UserForm
from apps.accounts.models import ApiKey, Role, Session, User
from apps.accounts.selectors.users import roles_assignable, user_get, users_visible
from apps.accounts.services.api_keys import api_key_revoke
from apps.accounts.services.invitations import invitation_send
from apps.accounts.services.password_links import invitable
from apps.accounts.services.second_factors import second_factor_remove
from apps.accounts.services.second_steps import second_factor_confirmed
from apps.accounts.services.sessions import session_revoke
from apps.accounts.services.users import user_create, user_deactivate, user_reactivate, user_update
from apps.common.admin_display import Named, badge, moment_display
from apps.common.admin_forms import JudgedAdmin
from apps.common.admin_imports import ImportedAdmin
from apps.common.errors import ApplicationError

MANAGE = "admin.manage"
SHOWN = 20


SERVICES: dict[str, Callable[..., Any]] = {
    "deactivate": user_deactivate,
    "reactivate": user_reactivate,
    "invite": invitation_send,
    "remove_second_factor": second_factor_remove,
}
DONE = {
    "deactivate": _("%(user)s is switched off; the sessions have ended."),
    "reactivate": _("%(user)s may come in again."),
    "invite": _("The invitation to %(user)s is on its way."),
    "remove_second_factor": _("%(user)s signs in with the password alone, until a new device is set up."),
}


def state_badge(user: User, now: Any) -> SafeString:
    """Whether somebody can come in now, and if not, why."""
    if not user.is_active:
        return badge(_("switched off"))
    if user.locked_until is not None and user.locked_until > now:
        return badge(_("locked"), "bad")
    return badge(_("invited"), "care") if invitable(user) else badge(_("active"), "good")


class RoleFilter(admin.RelatedFieldListFilter):
    """Roles that somebody has, by what people call them."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        had = Role.objects.filter(pk__in=model_admin.get_queryset(request).values("role")).order_by("slug")
        return [(str(role.pk), role.title) for role in had]


class UserAdmin(ImportedAdmin, UserRightsAdmin, JudgedAdmin):
    section, icon, rank = "people", "group", 10
    read_action = write_action = MANAGE
    form = UserForm
    form_fields = ("email", "name", "role", "username", "phone", "department", "is_active", "new_password")
    shown = ("auth_source", "last_login", "locked_until", "created_at", "updated_at")
    list_display = ("email", "name", "role_title", "state", "auth_source", "seen")
    list_filter = ("is_active", ("role", RoleFilter), "auth_source")
    list_select_related = ("role",)
    search_fields = ("email", "name", "username")
    actions = ("deactivate", "reactivate", "invite")
    change_form_template = "accounts/admin/user.html"
    export_columns = UserColumns

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return users_visible(actor=request.actor)  # type: ignore[attr-defined]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.form_fields if obj is None else self.form_fields + self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.shown, *self.drawn(self.shown))

    def formfield_for_foreignkey(self, db_field: Field[Any, Any], request: Any, **kwargs: Any) -> Any:
        if db_field.name == "role":
            kwargs["queryset"] = roles_assignable()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("role"), ordering="role")
    def role_title(self, user: User) -> str:
        return user.role.title

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, user: User) -> SafeString:
        return state_badge(user, timezone.now())

    @admin.display(description=_("last sign-in"), ordering="last_login")
    def seen(self, user: User) -> SafeString | str:
        return moment_display(user.last_login, "ago")

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Model:
        given = dict(form.cleaned_data)
        given |= {"role": given["role"].slug, "password": given.pop("new_password") or None}
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        if change:
            return user_update(actor=actor, user=form.instance, changes=given, now=now)
        return user_create(actor=actor, **given, now=now)

    def named(self, row: User) -> Named:
        """By name: heads of pages begin with a capital, which no address does."""
        return Named(row, row.name or row.email)

    # --- many at once

    def perform(self, request: Any, users: QuerySet[User], what: str) -> None:
        service = SERVICES[what]
        done = self.each(request, users, lambda row: service(actor=request.actor, user=row, now=timezone.now()))
        self.message_user(request, _("%(count)d changed.") % {"count": done})

    @admin.action(description=_("Deactivate"), permissions=["write"])
    def deactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self.perform(request, users, "deactivate")

    @admin.action(description=_("Let in again"), permissions=["write"])
    def reactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self.perform(request, users, "reactivate")

    @admin.action(description=_("Send the invitation again"), permissions=["write"])
    def invite(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self.perform(request, users, "invite")

    # --- one, on its page

    def get_urls(self) -> list[URLPattern]:
        def one(route: str, view: Any, name: str) -> Any:
            guarded = self.admin_site.admin_view(require_POST(view))
            return path(f"<uuid:user_id>/{route}", guarded, name=name)

        return [
            *(one(f"{what}/", self._doing(what), f"accounts_user_{what}") for what in SERVICES),
            one("sessions/<uuid:session_id>/end/", self.end_session, "accounts_user_end_session"),
            one("keys/<uuid:key_id>/revoke/", self.revoke_key, "accounts_user_revoke_key"),
            *self.rights_urls(),
            *super().get_urls(),
        ]

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        user = self.get_object(request, unquote(object_id))
        beside = self._beside(request, user) if user is not None else {}
        page: HttpResponseBase = super().change_view(request, object_id, form_url, beside | (extra_context or {}))
        return page

    def _beside(self, request: Any, user: User) -> dict[str, Any]:
        now = timezone.now()
        sessions = Session.objects.filter(user=user, revoked_at=None, expires_at__gt=now).order_by("-last_used_at")
        keys = ApiKey.objects.filter(user=user, revoked_at=None).order_by("-id")
        return {
            "subtitle": None,
            "person": user,
            "state": state_badge(user, now),
            "waits": invitable(user),
            "sessions": sessions[:SHOWN],
            "keys": keys[:SHOWN],
            "second_factor": second_factor_confirmed(user),
            **self.rights_beside(request, user),
        }

    def _doing(self, what: str) -> Callable[..., HttpResponseBase]:
        def view(request: Any, user_id: UUID) -> HttpResponseBase:
            def call(user: User) -> None:
                SERVICES[what](actor=request.actor, user=user, now=timezone.now())

            return self.done(request, user_id, call, DONE[what])

        return view

    def end_session(self, request: Any, user_id: UUID, session_id: UUID) -> HttpResponseBase:
        """Signs somebody out on one device."""

        def call(user: User) -> None:
            session = Session.objects.filter(user=user, pk=session_id).first()
            if session is None:
                raise SessionNotFound
            session_revoke(actor=request.actor, session=session, now=timezone.now())

        return self.done(request, user_id, call, _("The session has ended."))

    def revoke_key(self, request: Any, user_id: UUID, key_id: UUID) -> HttpResponseBase:
        """Takes one of somebody's keys away."""

        def call(user: User) -> None:
            key = ApiKey.objects.filter(user=user, pk=key_id).first()
            if key is None:
                raise ApiKeyNotFound
            api_key_revoke(actor=request.actor, key=key, now=timezone.now())

        return self.done(request, user_id, call, _("The key works no more."))

    def done(self, request: Any, user_id: UUID, call: Callable[[User], None], text: Any) -> HttpResponseBase:
        """Back to the person's page, with what was done or refused."""
        self._require_view(request)
        try:
            user = user_get(actor=request.actor, user_id=user_id)
            call(user)
        except ApplicationError as error:
            self.explain(request, error)
        else:
            self.message_user(request, text % {"user": user} if "%(user)s" in str(text) else text, messages.SUCCESS)
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:accounts_user_change", args=[user_id]))
