"""The organization, its users, keys and sessions, as far as an actor may see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import (
    ApiKeyNotFound,
    GroupNotFound,
    OidcNotConfigured,
    ResourceNotFound,
    SecondFactorMissing,
    SessionNotFound,
    UnknownAction,
    UserNotFound,
    WrongResourceType,
)
from apps.accounts.grants import GrantRow
from apps.accounts.models import (
    ApiKey,
    Grant,
    GroupGrant,
    OidcSettings,
    RecoveryCode,
    Role,
    SecondFactor,
    Session,
    TagGrant,
    User,
    UserGrant,
    UserGroup,
)
from apps.accounts.payloads import By, Explanation, Reason, Rights, SecondFactorState
from apps.accounts.permissions import allowed, decide, person, require, require_insider, require_member
from apps.accounts.roles import ACTIONS, ORGANIZATION_ACTIONS, PLATFORM_ROLES, canonical_role
from apps.common.actor import Actor
from apps.common.errors import InvalidInput, PermissionDenied, Unauthorized
from apps.tenants.context import require_tenant, tenant_context
from apps.tenants.errors import CertificateNotFound, OrganizationNotFound
from apps.tenants.models import Domain, Organization, OrganizationSettings, PurgeCertificate, SupportGrant
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import organization_current, organization_settings, organization_settings_now
from apps.tenants.services.organizations import require_platform

_OIDC = "oidc_settings"
READ_AT_ONCE = 1000
USER_COLUMNS = (
    "email", "name", "role", "username", "phone", "department", "is_active", "last_login_at", "created_at"
)  # fmt: skip
"""What tables of people have; the last two are told, and not taken."""


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


def users_exportable(*, actor: Actor, **filters: Any) -> QuerySet[User]:
    """:func:`users_visible` for a file, which support of the platform does not take away [admin.manage]."""
    require_insider(actor, "admin.manage")
    return users_visible(actor=actor, **filters)


def _role(name: str) -> Role:
    found = Role.objects.filter(slug=canonical_role(name)).first()
    if found is None:
        raise InvalidInput(errors={"role": [_("There is no such role.")]})
    return found


def roles_assignable() -> QuerySet[Role]:
    """The roles a user of this organization can have: ``super_admin`` on the platform, everything else elsewhere."""
    on_platform = Q(slug__in=PLATFORM_ROLES)
    return Role.objects.filter(on_platform if require_tenant() == PLATFORM else ~on_platform)


def users_table(*, users: QuerySet[User], schema: str) -> Iterator[list[str]]:
    """The people of a list that the actor has got, as rows of text under their columns, read a thousand at a time.

    They may be read after the request has ended, in the organization's ``schema``. No actor: the list was for one.
    """
    yield list(USER_COLUMNS)
    last: UUID | None = None
    while True:
        with tenant_context(schema):
            after = users if last is None else users.filter(pk__gt=last)
            page = list(after.order_by("pk")[:READ_AT_ONCE])
        yield from (_cells(user) for user in page)
        if len(page) < READ_AT_ONCE:
            return
        last = page[-1].pk


def _cells(user: User) -> list[str]:
    texts = [user.email, user.name, user.role.slug, user.username, user.phone, user.department]
    times = [moment.isoformat() if moment is not None else "" for moment in (user.last_login, user.created_at)]
    return [*texts, "true" if user.is_active else "false", *times]


def user_get(*, actor: Actor, user_id: UUID) -> User:
    """One user, for administrators [admin.manage]. Raises ``UserNotFound``."""
    require(actor, "admin.manage")
    found: User | None = User.objects.select_related("role").filter(pk=user_id).first()
    if found is None:
        raise UserNotFound
    return found


def permission_about(action: str, resource_type: str) -> Permission:
    """The permission of an action on objects of a type, with that type: grants refer to it. No actor: a lookup.

    Raises ``UnknownAction``; ``WrongResourceType`` also where the action is about the organization as a whole.
    """
    if action not in ACTIONS:
        raise UnknownAction
    about = Permission.objects.filter(codename=action, content_type__model=resource_type)
    found = about.select_related("content_type").first()
    if found is None or action in ORGANIZATION_ACTIONS:
        raise WrongResourceType
    return found


def resource_find(model: Any, resource_id: Any) -> Model | None:
    """An object of this organization by its id, or None. No actor: the caller asks for the right on it."""
    try:
        found: Model | None = model._default_manager.filter(pk=resource_id).first()
    except (ValueError, ValidationError):
        return None
    return found


def user_rights(*, actor: Actor, user_id: UUID) -> Rights:
    """A person's role, own grants, and what groups and role were granted beside [admin.manage].

    Raises ``UserNotFound``.
    """
    user = user_get(actor=actor, user_id=user_id)
    groups = [user.role.group_id, *user.groups.values_list("pk", flat=True)]
    objects = ("permission", "content_type")
    own = [*UserGrant.objects.filter(user=user).select_related(*objects), *TagGrant.objects.filter(user=user)]
    shared = [
        *GroupGrant.objects.filter(group__in=groups).select_related(*objects, "group"),
        *TagGrant.objects.filter(group__in=groups).select_related("group"),
    ]
    return Rights(user, *(sorted(grants, key=lambda grant: grant.pk) for grants in (own, shared)))


def groups_visible(*, actor: Actor, search: str = "") -> QuerySet[UserGroup]:
    """Groups that people are put in by hand, by their names [admin.manage]."""
    require(actor, "admin.manage")
    groups: QuerySet[UserGroup] = UserGroup.objects.select_related("group")
    if search:
        groups = groups.filter(group__name__icontains=search)
    return groups.order_by("group__name")


def group_get(*, actor: Actor, group_id: UUID) -> UserGroup:
    """One group [admin.manage]. Raises ``GroupNotFound``."""
    found = groups_visible(actor=actor).filter(pk=group_id).first()
    if found is None:
        raise GroupNotFound
    return found


def group_grants(*, actor: Actor, group: UserGroup) -> list[Grant]:
    """What the members of a group were given by it [admin.manage]."""
    require(actor, "admin.manage")
    objects = GroupGrant.objects.filter(group=group.group).select_related("permission", "content_type", "group")
    grants = [*objects, *TagGrant.objects.filter(group=group.group).select_related("group")]
    return sorted(grants, key=lambda grant: grant.pk)


def rights_explain(
    *, actor: Actor, user_id: UUID, action: str, resource_type: str = "", resource_id: UUID | None = None
) -> Explanation:
    """Why a person may, or may not, do an action on one object, or anywhere at all [admin.manage].

    What decides is asked, and tells: there is no second rule. Raises ``UserNotFound``, ``UnknownAction``,
    ``WrongResourceType``, ``ResourceNotFound``, ``InvalidInput`` for a type without an id or an id without a type.
    """
    user = user_get(actor=actor, user_id=user_id)
    resource = _resource(action, resource_type, resource_id)
    decision = decide(person(user), action, resource)
    if not user.is_active:
        return Explanation(allowed=False, because=[Reason("account", "refuses")])
    reasons = [Reason("role", "gives", role=user.role)] if decision.by is By.ROLE else []
    reasons += _told(user, decision.matching, "gives") + _told(user, decision.narrowing, "narrows")
    if not decision.allowed and not decision.narrowing:
        reasons.append(Reason("role", "lacks", role=user.role))
    return Explanation(decision.allowed, reasons)


def _resource(action: str, resource_type: str, resource_id: UUID | None) -> Model | None:
    if action not in ACTIONS:
        raise UnknownAction
    if bool(resource_type) != (resource_id is not None):
        missing = "resource_id" if resource_type else "resource_type"
        raise InvalidInput(errors={missing: [_("An object has a type and an id.")]})
    if resource_id is None:
        return None
    found = resource_find(permission_about(action, resource_type).content_type.model_class(), resource_id)
    if found is None:
        raise ResourceNotFound
    return found


def _told(user: User, rows: Sequence[GrantRow], effect: str) -> list[Reason]:
    """The grants of a decision as what they are: of the person, of a group, or of the role."""
    ids = [row.id for row in rows if row.id is not None]
    objects, tagged = ("permission", "content_type"), TagGrant.objects.filter(pk__in=ids).select_related("group")
    grants: list[Any] = [*UserGrant.objects.filter(pk__in=ids).select_related(*objects), *tagged]
    grants += GroupGrant.objects.filter(pk__in=ids).select_related(*objects, "group")
    reasons = []
    for grant in sorted(grants, key=lambda grant: grant.pk):
        group = getattr(grant, "group", None)
        of_role = group is not None and group.pk == user.role.group_id
        source = "grant" if group is None else "role" if of_role else "group"
        role, group = (user.role, None) if of_role else (None, group)
        reasons.append(Reason(source, effect, role=role, group=group, grant=grant))
    return reasons


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


def organizations_visible(
    *, actor: Actor, search: str = "", plan: str = "", is_active: bool | None = None
) -> QuerySet[Organization]:
    """Every organization but the platform, with its hosts and settings, for who runs the platform [platform.manage].

    ``search`` looks into name, slug and hosts.
    """
    require_platform(actor)
    found = Organization.objects.exclude(schema_name=PLATFORM).select_related("stored_settings")
    if search:
        hosts = Domain.objects.filter(domain__icontains=search).values("tenant")
        found = found.filter(Q(name__icontains=search) | Q(slug__icontains=search) | Q(pk__in=hosts))
    if plan:
        found = found.filter(plan=plan)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    return found.prefetch_related("domains").order_by("name", "id")


def organization_any_get(*, actor: Actor, organization_id: UUID) -> Organization:
    """One organization, for who runs the platform [platform.manage]. Raises ``OrganizationNotFound``."""
    found = organizations_visible(actor=actor).filter(pk=organization_id).first()
    if found is None:
        raise OrganizationNotFound
    return found


def certificate_get(*, actor: Actor, organization_id: UUID) -> PurgeCertificate:
    """What stays of an organization that was purged [platform.manage]. Raises ``CertificateNotFound``."""
    require_platform(actor)
    found = PurgeCertificate.objects.filter(organization_id=organization_id).first()
    if found is None:
        raise CertificateNotFound
    return found


def support_grants_visible(
    *, actor: Actor, organization_id: UUID, live: bool | None = None, now: datetime
) -> QuerySet[SupportGrant]:
    """Support's access to one organization, the last one first [platform.manage]. Raises ``OrganizationNotFound``."""
    organization = organization_any_get(actor=actor, organization_id=organization_id)
    return _support_grants(organization.schema_name, live, now)


def support_grants_own(*, actor: Actor, live: bool | None = None, now: datetime) -> QuerySet[SupportGrant]:
    """Support's access to the actor's own organization, the last one first [settings.manage]."""
    require(actor, "settings.manage")
    return _support_grants(require_tenant(), live, now)


def _support_grants(schema: str, live: bool | None, now: datetime) -> QuerySet[SupportGrant]:
    grants = SupportGrant.objects.filter(organization_id=schema).order_by("-id")
    standing = Q(ended_at=None, expires_at__gt=now)
    return grants if live is None else grants.filter(standing if live else ~standing)


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


def second_factor_required(actor: Actor) -> bool:
    """Whether the organization wants a second factor of this account: an administrator's, with a password here."""
    return (
        actor.type == "user"
        and "admin.manage" in actor.permissions
        and is_password_usable(actor.user.password)
        and organization_settings().require_second_factor
    )


def second_factor_missing(actor: Actor) -> bool:
    """Whether the organization wants a second factor that this account does not have."""
    return (
        second_factor_required(actor)
        and not SecondFactor.objects.filter(user=actor.user_id, confirmed_at__isnull=False).exists()
    )


def second_factor_demand(actor: Actor) -> None:
    """Raises ``SecondFactorMissing`` for whoever must set one up before anything else."""
    if second_factor_missing(actor):
        raise SecondFactorMissing


def second_factor_state(*, actor: Actor) -> SecondFactorState:
    """The actor's own second factor. Raises ``PermissionDenied`` for anybody but a person."""
    if actor.type != "user":
        raise PermissionDenied
    factor = SecondFactor.objects.filter(user=actor.user_id, confirmed_at__isnull=False).first()
    return SecondFactorState(
        confirmed_at=factor.confirmed_at if factor is not None else None,
        recovery_codes_left=RecoveryCode.objects.filter(user=actor.user_id).count(),
        is_required=second_factor_required(actor),
    )
