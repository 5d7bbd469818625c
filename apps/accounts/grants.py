"""How the grants that count for somebody are read: of their own, of their groups and of their role, which is one.

Asked by nearly every request, so it is written out: Django takes longer to make it than PostgreSQL to answer it.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import Permission

from apps.accounts.models import GroupGrant, TagGrant, User, UserGrant


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One row of any of the grant tables, brought to one form; what only an explanation needs may be missing."""

    action: str
    key: str
    by_tag: bool
    own: bool
    id: UUID | None = None
    group_id: int | None = None


ANY_GRANTS = f"""
    (EXISTS (SELECT FROM {UserGrant._meta.db_table} WHERE user_id = person.id)
     OR EXISTS (SELECT FROM {GroupGrant._meta.db_table})
     OR EXISTS (SELECT FROM {TagGrant._meta.db_table} WHERE user_id = person.id OR group_id IS NOT NULL))
"""
"""Whether any grant could count for a ``person`` of the query around it: their own, or any of a group or role.

Most organizations have none, and asking so much along with the credentials spares them the question itself.
"""
_GROUPS = f"""
    (SELECT group_id FROM {User.groups.through._meta.db_table} WHERE user_id = %(user)s UNION ALL SELECT %(role)s)
"""
_OWN = f"""
    FROM {UserGrant._meta.db_table} own JOIN {Permission._meta.db_table} permission ON permission.id = own.permission_id
    WHERE own.user_id = %(user)s AND permission.codename = ANY(%(actions)s)
"""
_SHARED = f"""
    FROM {GroupGrant._meta.db_table} shared
    JOIN {Permission._meta.db_table} permission ON permission.id = shared.permission_id
    WHERE shared.group_id IN {_GROUPS} AND permission.codename = ANY(%(actions)s)
"""
_TAGGED = f"""
    FROM {TagGrant._meta.db_table}
    WHERE (user_id = %(user)s OR group_id IN {_GROUPS}) AND action = ANY(%(actions)s)
"""
GRANTS = f"""
    SELECT permission.codename, own.object_pk, false, true {_OWN}
    UNION SELECT permission.codename, shared.object_pk, false, false {_SHARED}
    UNION SELECT action, scope_tag, true, coalesce(user_id = %(user)s, false) {_TAGGED}
"""
"""All of them."""
GRANTS_TOLD = f"""
    SELECT permission.codename, own.object_pk, false, true, own.id, NULL {_OWN}
    UNION ALL SELECT permission.codename, shared.object_pk, false, false, shared.id, shared.group_id {_SHARED}
    UNION ALL SELECT action, scope_tag, true, coalesce(user_id = %(user)s, false), id, group_id {_TAGGED}
"""
"""All of them, with what they are called."""
GRANTS_ON_ONE = f"""
    SELECT permission.codename, own.object_pk, false, true {_OWN} AND own.object_pk = ANY(%(keys)s)
    UNION SELECT permission.codename, shared.object_pk, false, false {_SHARED} AND shared.object_pk = ANY(%(keys)s)
    UNION SELECT action, scope_tag, true, coalesce(user_id = %(user)s, false) {_TAGGED} AND scope_tag = ANY(%(tags)s)
    UNION (SELECT permission.codename, '', false, true {_OWN} LIMIT 1)
    UNION (SELECT permission.codename, '', false, false {_SHARED} LIMIT 1)
    UNION (SELECT action, '', true, true {_TAGGED} AND user_id = %(user)s LIMIT 1)
    UNION (SELECT action, '', true, false {_TAGGED} AND group_id IS NOT NULL LIMIT 1)
"""
"""Those of one action that stand on the keys and tags of one object, and of each kind a witness that there are any."""
