"""People of the organization as options."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from apps.accounts.models import User
from apps.accounts.permissions import allowed
from apps.common.actor import Actor
from apps.portal.forms.options import Depends, Filter
from apps.portal.forms.schema import Option
from apps.portal.options.filters import check_known, uuids
from apps.portal.options.limits import MAX_SHOWN


class UserOptions:
    """`{"provider": "users", "filter": {"role"}}`: active people; the value is the id.

    Colleagues see each other's names; addresses only those who may manage users.
    """

    name: ClassVar[str] = "users"
    filters: ClassVar[tuple[str, ...]] = ("role",)

    def check_filter(self, filters: Filter) -> None:
        """Know `role`, a role's slug."""
        check_known(filters, self.filters)

    def resolve(self, actor: Actor, filters: Filter, depends: Depends, only: Collection[str] | None) -> list[Option]:
        """Return people by name."""
        users = User.objects.filter(is_active=True).order_by("name", "email")
        if "role" in filters:
            users = users.filter(role__slug=filters["role"])
        if only is not None:
            users = users.filter(pk__in=uuids(only))
        rows = users.values_list("pk", "name", "email")[:MAX_SHOWN]
        if allowed(actor, "admin.manage"):
            return [Option(f"{name} <{email}>", str(pk)) for pk, name, email in rows]
        return [Option(name or "—", str(pk)) for pk, name, _email in rows]
