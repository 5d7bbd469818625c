"""Accounts in the back-office, of an organization and of the platform: what is written goes through the services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.forms import UserForm
from apps.accounts.models import (
    ApiKey,
    GroupGrant,
    PasswordLink,
    RefreshToken,
    Role,
    Session,
    SocketTicket,
    TagGrant,
    User,
    UserGrant,
)
from apps.accounts.selectors import roles_assignable, users_visible
from apps.accounts.services.api_keys import api_key_revoke
from apps.accounts.services.grants import grant_remove
from apps.accounts.services.invitations import invitation_send
from apps.accounts.services.sessions import session_revoke
from apps.accounts.services.users import user_create, user_deactivate, user_update
from apps.common.admin import ServiceAdmin


class AccountAdmin(ServiceAdmin):
    """A page of administrators; ``perform`` calls a service for each row that was chosen."""

    read_action = write_action = "admin.manage"

    def perform(self, request: Any, rows: QuerySet[Any], service: Any, name: str) -> None:
        done = self.each(request, rows, lambda row: service(actor=request.actor, **{name: row}, now=timezone.now()))
        self.message_user(request, _("%(count)d changed.") % {"count": done})


class UserAdmin(AccountAdmin):
    section, icon, rank = "people", "group", 10
    form = UserForm
    form_fields = ("email", "name", "role", "username", "phone", "department", "is_active", "new_password")
    shown = ("auth_source", "last_login", "locked_until", "created_at", "updated_at")
    list_display = ("email", "name", "role", "is_active", "auth_source", "last_login")
    list_filter = ("is_active", "auth_source", "role")
    list_select_related = ("role",)
    search_fields = ("email", "name", "username")
    actions = ("deactivate", "invite")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return users_visible(actor=request.actor)  # type: ignore[attr-defined]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.form_fields if obj is None else self.form_fields + self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown

    def formfield_for_foreignkey(self, db_field: Field[Any, Any], request: Any, **kwargs: Any) -> Any:
        if db_field.name == "role":
            kwargs["queryset"] = roles_assignable()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Model:
        given = dict(form.cleaned_data)
        given |= {"role": given["role"].slug, "password": given.pop("new_password") or None}
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        if change:
            return user_update(actor=actor, user=form.instance, changes=given, now=now)
        return user_create(actor=actor, **given, now=now)

    @admin.action(description=_("Deactivate"), permissions=["write"])
    def deactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self.perform(request, users, user_deactivate, "user")

    @admin.action(description=_("Send the invitation again"), permissions=["write"])
    def invite(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self.perform(request, users, invitation_send, "user")


class RoleAdmin(AccountAdmin):
    section, icon, rank = "people", "badge", 20
    list_display = ("slug", "name", "built_in")
    search_fields = ("slug", "name")


class SessionAdmin(AccountAdmin):
    section, icon, rank = "people", "devices", 50
    list_display = ("user", "device", "ip", "last_used_at", "expires_at", "revoked_at", "revoked_reason")
    list_select_related = ("user",)
    search_fields = ("user__email", "device")
    actions = ("revoke",)

    @admin.action(description=_("End"), permissions=["write"])
    def revoke(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        self.perform(request, sessions, session_revoke, "session")


class RefreshTokenAdmin(AccountAdmin):
    section, icon, rank = "system", "token", 60
    list_display = ("id", "session", "created_at", "used_at", "expires_at")
    list_select_related = ("session",)
    exclude = ("token_hash",)


class ApiKeyAdmin(AccountAdmin):
    section, icon, rank = "people", "key", 60
    list_display = ("name", "prefix", "user", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__email")
    exclude = ("secret_hash",)
    actions = ("revoke",)

    @admin.action(description=_("Revoke"), permissions=["write"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        self.perform(request, keys, api_key_revoke, "key")


class PasswordLinkAdmin(AccountAdmin):
    section, icon, rank = "system", "link", 62
    list_display = ("id", "user", "purpose", "created_at", "expires_at")
    list_filter = ("purpose",)
    list_select_related = ("user",)
    exclude = ("token_hash",)


class SocketTicketAdmin(AccountAdmin):
    section, icon, rank = "system", "confirmation_number", 64
    list_display = ("id", "user", "created_at", "expires_at")
    list_select_related = ("user",)
    exclude = ("token_hash",)


class GrantAdmin(AccountAdmin):
    actions = ("take_back",)

    @admin.action(description=_("Take back"), permissions=["write"])
    def take_back(self, request: HttpRequest, grants: QuerySet[Any]) -> None:
        self.perform(request, grants, grant_remove, "grant")


class UserGrantAdmin(GrantAdmin):
    section, icon, rank = "people", "how_to_reg", 30
    list_display = ("permission", "content_type", "object_pk", "user", "created_at")
    list_select_related = ("permission__content_type", "content_type", "user")
    search_fields = ("user__email", "object_pk")


class GroupGrantAdmin(GrantAdmin):
    section, icon, rank = "people", "groups", 32
    list_display = ("permission", "content_type", "object_pk", "group", "created_at")
    list_select_related = ("permission__content_type", "content_type", "group")
    search_fields = ("group__name", "object_pk")


class TagGrantAdmin(GrantAdmin):
    section, icon, rank = "people", "sell", 34
    list_display = ("action", "scope_tag", "user", "group", "created_at")
    list_select_related = ("user", "group")
    search_fields = ("scope_tag", "user__email", "group__name")


PAGES: dict[type[Model], type[AccountAdmin]] = {
    User: UserAdmin,
    Role: RoleAdmin,
    Session: SessionAdmin,
    RefreshToken: RefreshTokenAdmin,
    ApiKey: ApiKeyAdmin,
    SocketTicket: SocketTicketAdmin,
    PasswordLink: PasswordLinkAdmin,
    UserGrant: UserGrantAdmin,
    GroupGrant: GroupGrantAdmin,
    TagGrant: TagGrantAdmin,
}
