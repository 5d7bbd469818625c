"""Built-in roles, kept equal to the table in :mod:`apps.accounts.roles` in every organization."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission

from apps.accounts.models import Role
from apps.accounts.roles import PLATFORM_ROLES, ROLES


def roles_sync() -> None:
    """Writes the built-in roles, their groups and the groups' permissions; safe to run again.

    No actor: it runs with the migrations, in the schema being prepared.
    """
    permissions = {permission.codename: permission for permission in Permission.objects.all()}
    for slug, actions in (ROLES | PLATFORM_ROLES).items():
        group, _created = Group.objects.get_or_create(name=slug)
        group.permissions.set(permissions[action] for action in sorted(actions) if action in permissions)
        Role.objects.update_or_create(
            slug=slug,
            defaults={
                "name": slug.replace("_", " ").capitalize(),
                "actions": sorted(actions),
                "built_in": True,
                "group": group,
            },
        )


def roles_text() -> str:
    """The table as text: a part of the schema's fingerprint. No actor: it only computes."""
    return repr(sorted((slug, sorted(actions)) for slug, actions in (ROLES | PLATFORM_ROLES).items()))
