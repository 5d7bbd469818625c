"""Administrators: an organization keeps at least one who is active, and whose rights no grants narrow.

Whoever was narrowed cannot undo that, nor take it from others: without anybody else the organization would be locked
out of what it is about for good.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from apps.accounts.errors import LastAdministrator
from apps.accounts.models import TagGrant, User, UserGrant
from apps.accounts.roles import ORG_ADMIN_SLUG, SUPER_ADMIN_SLUG
from apps.tenants.context import require_tenant
from apps.tenants.locks import waiting_at_most
from apps.tenants.naming import PLATFORM

LONGEST_WAIT = 5.0
COUNTED = frozenset({"role", "is_active"})
"""What of somebody may change the number of administrators."""


def administrators_lock() -> None:
    """Locks the rows of all administrators, which whoever may change their number does ahead of anything else.

    Raises ``Busy`` where somebody else holds one of them for seconds. No actor: it changes nothing.
    """
    rows = User.objects.select_for_update(of=("self",), no_key=True).filter(role__slug=_administrator())
    with waiting_at_most(LONGEST_WAIT):
        list(rows.order_by("pk").values_list("pk"))


def administers(user: User) -> bool:
    """Whether somebody is an active administrator. No actor: it tells what stands in the row."""
    return user.is_active and user.role.slug == _administrator()


def administrator_keep(user: User) -> None:
    """Refuses what is about to be done to an administrator where they are the last one, or the last with all rights.

    Raises ``LastAdministrator``. The caller holds the lock. No actor: part of the services that change people.
    """
    others = User.objects.filter(role__slug=_administrator(), is_active=True).exclude(pk=user.pk)
    if _with_all_rights(others).exists():
        return
    if not others.exists() or _with_all_rights(User.objects.filter(pk=user.pk)).exists():
        raise LastAdministrator


def _with_all_rights(users: QuerySet[User]) -> QuerySet[User]:
    """Those with no grant of their own, any of which would take the place of an administrator's role."""
    single = Exists(UserGrant.objects.filter(user=OuterRef("pk")))
    tagged = Exists(TagGrant.objects.filter(user=OuterRef("pk")))
    return users.filter(~single, ~tagged)


def _administrator() -> str:
    return SUPER_ADMIN_SLUG if require_tenant() == PLATFORM else ORG_ADMIN_SLUG
