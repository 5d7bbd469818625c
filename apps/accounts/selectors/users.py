"""The people of an organization, as far as an actor may see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import UserNotFound
from apps.accounts.models import Role, User
from apps.accounts.permissions import require, require_insider
from apps.accounts.roles import PLATFORM_ROLES, canonical_role
from apps.common.actor import Actor
from apps.common.errors import InvalidInput
from apps.tenants.context import require_tenant, tenant_context
from apps.tenants.naming import PLATFORM

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
