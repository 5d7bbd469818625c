"""People as written-out queries read them: each with the role, in one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.accounts.models import Role, User
from apps.tenants.rows import Rows

_USERS, _ROLES, _ROLE = Rows(User), Rows(Role), User._meta.get_field("role")
PERSON = f"{_USERS.columns('person')}, {_ROLES.columns('role')}"
"""What to ask of a user that the query calls ``person`` and a role that it calls ``role``."""


def person_made(row: Sequence[Any]) -> User:
    """The user of such a row, its role loaded, as Django would make them."""
    user = _USERS.made(row[: _USERS.width])
    _ROLE.set_cached_value(user, _ROLES.made(row[_USERS.width :]))  # as select_related does
    return user
