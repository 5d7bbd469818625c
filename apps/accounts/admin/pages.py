"""Accounts in the back-office, of an organization and of the platform: what is written goes through the services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin.grants import GRANT_PAGES
from apps.accounts.admin.groups import UserGroupAdmin
from apps.accounts.admin.oidc import OidcSettingsAdmin
from apps.accounts.admin.roles import RoleAdmin
from apps.accounts.admin.users import UserAdmin
from apps.accounts.models import (
    ApiKey,
    OidcIdentity,
    OidcSettings,
    PasswordLink,
    RecoveryCode,
    RefreshToken,
    Role,
    SecondFactor,
    Session,
    SocketTicket,
    User,
    UserGroup,
)
from apps.accounts.services.api_keys import api_key_revoke
from apps.accounts.services.second_factors import second_factor_remove
from apps.accounts.services.sessions import session_revoke
from apps.common.admin import ServiceAdmin
from apps.common.admin_display import Named, badge, switch_badge
from apps.common.devices import device_text


class AccountAdmin(ServiceAdmin):
    """A page of administrators; ``perform`` calls a service for each row that was chosen."""

    read_action = write_action = "admin.manage"

    def perform(self, request: Any, rows: QuerySet[Any], service: Any, name: str) -> None:
        done = self.each(request, rows, lambda row: service(actor=request.actor, **{name: row}, now=timezone.now()))
        self.message_user(request, _("%(count)d changed.") % {"count": done})


class SessionAdmin(AccountAdmin):
    section, icon, rank = "people", "devices", 50
    nothing = _("Whoever signs in has a session: a device that may go on without the password.")
    list_display = ("user", "called", "ip", "state", "last_used_at", "expires_at")
    list_filter = ("revoked_reason",)
    list_select_related = ("user",)
    search_fields = ("user__email", "device")
    exclude = ("bearer_hash",)
    actions = ("revoke",)

    @admin.display(description=_("state"))
    def state(self, session: Session) -> SafeString:
        if session.revoked_at is not None:
            return badge(_("ended"))
        return switch_badge(session.expires_at > timezone.now(), _("in use"), _("expired"))

    @admin.display(description=_("device"), ordering="device")
    def called(self, session: Session) -> str:
        return device_text(session.device)

    def named(self, row: Session) -> Named:
        return Named(row, f"{row.user} · {self.called(row)}")

    @admin.action(description=_("End"), permissions=["write"])
    def revoke(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        self.perform(request, sessions, session_revoke, "session")


class RefreshTokenAdmin(AccountAdmin):
    section, icon, rank = "system", "token", 60
    nothing = _("Programs that sign in with a password get a new token with each of these, once.")
    list_display = ("person", "created_at", "used_at", "expires_at")
    list_select_related = ("session__user",)
    exclude = ("token_hash",)

    @admin.display(description=_("user"), ordering="session__user__email")
    def person(self, token: RefreshToken) -> str:
        return str(token.session.user)


class ApiKeyAdmin(AccountAdmin):
    section, icon, rank = "people", "key", 60
    nothing = _(
        "A key lets a program in for who made it. People make their own in the portal, below their account; "
        "each is shown once."
    )
    list_display = ("name", "prefix", "user", "state", "expires_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__email")
    exclude = ("secret_hash",)
    actions = ("revoke",)

    @admin.display(description=_("state"))
    def state(self, key: ApiKey) -> SafeString:
        if key.revoked_at is not None:
            return badge(_("revoked"))
        return switch_badge(key.expires_at is None or key.expires_at > timezone.now(), _("works"), _("expired"))

    @admin.action(description=_("Revoke"), permissions=["write"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        self.perform(request, keys, api_key_revoke, "key")


class PasswordLinkAdmin(AccountAdmin):
    section, icon, rank = "system", "link", 62
    nothing = _("Who is invited, or forgot the password, gets a link by mail.")
    list_display = ("user", "purpose", "created_at", "expires_at")
    list_filter = ("purpose",)
    list_select_related = ("user",)
    exclude = ("token_hash",)


class SecondFactorAdmin(AccountAdmin):
    section, icon, rank = "people", "phonelink_lock", 56
    nothing = _("People set one up themselves, in the menu under their name.")
    list_display = ("user", "begun_at", "confirmed_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    exclude = ("secret", "last_step")
    actions = ("remove",)

    @admin.action(description=_("Remove"), permissions=["write"])
    def remove(self, request: Any, factors: QuerySet[SecondFactor]) -> None:
        def call(row: SecondFactor) -> None:
            second_factor_remove(actor=request.actor, user=row.user, now=timezone.now())

        done = self.each(request, factors, call)
        self.message_user(request, _("%(count)d removed.") % {"count": done})


class RecoveryCodeAdmin(AccountAdmin):
    section, icon, rank = "system", "password", 63
    nothing = _("Who sets up a second factor gets codes for the day the phone is lost.")
    list_display = ("user", "created_at")
    list_select_related = ("user",)
    exclude = ("code_hash",)


class OidcIdentityAdmin(AccountAdmin):
    section, icon, rank = "people", "badge", 55
    nothing = _("Who signs in with another system is named here as it names them.")
    elsewhere = (_("Sign-in with another system"), "accounts_oidcsettings_changelist")
    list_display = ("user", "issuer", "subject", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "subject")


class SocketTicketAdmin(AccountAdmin):
    section, icon, rank = "system", "confirmation_number", 64
    nothing = _("A ticket opens one live connection, within half a minute.")
    list_display = ("user", "created_at", "expires_at")
    list_select_related = ("user",)
    exclude = ("token_hash",)


PAGES: dict[type[Model], type[ServiceAdmin]] = {
    User: UserAdmin,
    Role: RoleAdmin,
    UserGroup: UserGroupAdmin,
    Session: SessionAdmin,
    RefreshToken: RefreshTokenAdmin,
    ApiKey: ApiKeyAdmin,
    SocketTicket: SocketTicketAdmin,
    OidcIdentity: OidcIdentityAdmin,
    OidcSettings: OidcSettingsAdmin,
    PasswordLink: PasswordLinkAdmin,
    SecondFactor: SecondFactorAdmin,
    RecoveryCode: RecoveryCodeAdmin,
    **GRANT_PAGES,
}
