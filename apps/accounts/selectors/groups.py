"""Groups of people, for administrators."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.errors import GroupNotFound
from apps.accounts.models import Grant, GroupGrant, TagGrant, UserGroup
from apps.accounts.permissions import require
from apps.common.actor import Actor


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
