"""The organization, its users, keys and sessions, as far as an actor may see them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import ApiKeyNotFound, OidcNotConfigured, SessionNotFound, UserNotFound
from apps.accounts.models import ApiKey, OidcSettings, Role, Session, User
from apps.accounts.permissions import allowed, require, require_member
from apps.accounts.roles import PLATFORM_ROLES, canonical_role
from apps.common.actor import Actor
from apps.common.errors import InvalidInput, Unauthorized
from apps.tenants.context import require_tenant
from apps.tenants.models import Organization, OrganizationSettings
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import organization_current, organization_settings_now

_OIDC = "oidc_settings"


def users_visible(*, actor: Actor, search: str = "", role: str = "", is_active: bool | None = None) -> QuerySet[User]:
    """Users of the organization by address, for its administrators [admin.manage].

    ``search`` looks into address, name and user name.

    Raises ``InvalidInput`` for a role the organization does not have.
    """
    require(actor, "admin.manage")
    users: QuerySet[User] = User.objects.select_related("role")
    if search:
        users = users.filter(Q(email__icontains=search) | Q(name__icontains=search) | Q(username__icontains=search))
    if role:
        users = users.filter(role=_role(role))
    if is_active is not None:
        users = users.filter(is_active=is_active)
    return users.order_by("email", "id")


def _role(name: str) -> Role:
    found = Role.objects.filter(slug=canonical_role(name)).first()
    if found is None:
        raise InvalidInput(errors={"role": [_("There is no such role.")]})
    return found


def roles_assignable() -> QuerySet[Role]:
    """The roles a user of this organization can have: ``super_admin`` on the platform, everything else elsewhere."""
    on_platform = Q(slug__in=PLATFORM_ROLES)
    return Role.objects.filter(on_platform if require_tenant() == PLATFORM else ~on_platform)


def user_get(*, actor: Actor, user_id: UUID) -> User:
    """One user, for administrators [admin.manage]. Raises ``UserNotFound``."""
    require(actor, "admin.manage")
    found: User | None = User.objects.select_related("role").filter(pk=user_id).first()
    if found is None:
        raise UserNotFound
    return found


def sessions_own(*, actor: Actor, now: datetime) -> QuerySet[Session]:
    """The actor's own live sessions, the last used first; a key has none of its own."""
    if not actor.is_authenticated:
        raise Unauthorized
    if actor.type != "user":
        return Session.objects.none()
    live: QuerySet[Session] = Session.objects.filter(user=actor.user_id, revoked_at=None, expires_at__gt=now)
    return live.order_by("-last_used_at", "-id")


def session_own_get(*, actor: Actor, session_id: UUID, now: datetime) -> Session:
    """One live session of the actor's own. Raises ``SessionNotFound`` also for those of others."""
    found = sessions_own(actor=actor, now=now).filter(pk=session_id).first()
    if found is None:
        raise SessionNotFound
    return found


def api_keys_visible(*, actor: Actor, search: str = "") -> QuerySet[ApiKey]:
    """Keys that have not been revoked, newest first: the actor's own, to administrators everybody's.

    ``search`` looks into name and prefix.
    """
    if not actor.is_authenticated:
        raise Unauthorized
    keys: QuerySet[ApiKey] = ApiKey.objects.filter(revoked_at=None).order_by("-id")
    if search:
        keys = keys.filter(Q(name__icontains=search) | Q(prefix__icontains=search))
    return keys if allowed(actor, "admin.manage") else keys.filter(user_id=actor.user_id)


def api_key_get(*, actor: Actor, key_id: UUID) -> ApiKey:
    """One key that has not been revoked. Raises ``ApiKeyNotFound`` also for those of others."""
    found = api_keys_visible(actor=actor).filter(pk=key_id).first()
    if found is None:
        raise ApiKeyNotFound
    return found


def organization_get(*, actor: Actor) -> Organization:
    """The actor's own organization with its hosts and settings, for all its people. Raises ``Unauthorized``."""
    require_member(actor)
    return organization_current()


def organization_settings_get(*, actor: Actor) -> OrganizationSettings:
    """What the actor's own organization has set, or the defaults, for all its people. Raises ``Unauthorized``."""
    require_member(actor)
    return organization_settings_now()


def oidc_settings() -> OidcSettings | None:
    """The issuer of the current organization, if it has one.

    Kept for ORGANIZATION_CACHE_SECONDS; a change shows at once in the process that made it, in others by then.
    """
    kept: tuple[OidcSettings | None] | None = cache.get(_OIDC)
    if kept is None:
        kept = (OidcSettings.objects.first(),)
        cache.set(_OIDC, kept, settings.ENV.organization_cache_seconds)
    return kept[0]


def oidc_settings_forget() -> None:
    """Makes this process read the current organization's issuer again."""
    cache.delete(_OIDC)


def oidc_settings_get(*, actor: Actor) -> OidcSettings:
    """The organization's issuer, read afresh [settings.manage]. Raises ``OidcNotConfigured``."""
    require(actor, "settings.manage")
    found: OidcSettings | None = OidcSettings.objects.first()
    if found is None:
        raise OidcNotConfigured
    return found
