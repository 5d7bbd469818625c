"""Who rights are given to, locked: what changes of one person or one group changes one after the other."""

from __future__ import annotations

from apps.accounts.errors import GroupNotFound, UserNotFound
from apps.accounts.models import User, UserGroup


def user_locked(user: User) -> User:
    """Somebody's row with their role, in the caller's transaction. Raises ``UserNotFound``.

    Of two grants of theirs that are taken at once, each would else not be the last. No actor: it changes nothing.
    """
    rows = User.objects.select_for_update(of=("self",), no_key=True).select_related("role")
    found: User | None = rows.filter(pk=user.pk).first()
    if found is None:
        raise UserNotFound
    return found


def group_locked(group: UserGroup) -> UserGroup:
    """A group's row with what it is called, in the caller's transaction. Raises ``GroupNotFound``.

    Else somebody could be put in while it gets what nobody let them give. No actor: it changes nothing.
    """
    rows = UserGroup.objects.select_for_update(of=("self",), no_key=True).select_related("group")
    found: UserGroup | None = rows.filter(pk=group.pk).first()
    if found is None:
        raise GroupNotFound
    return found
