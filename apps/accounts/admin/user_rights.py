"""What stands on a person's page about rights: groups and grants, given and taken back there, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.accounts.admin.rights import give_page, why_page
from apps.accounts.admin.things import grant_lines
from apps.accounts.errors import GroupNotFound
from apps.accounts.models import User, UserGroup
from apps.accounts.selectors.groups import group_get, groups_visible
from apps.accounts.selectors.rights import user_rights
from apps.accounts.selectors.users import user_get
from apps.accounts.services.grants import holder_grant_add, holder_grant_remove
from apps.accounts.services.groups import group_member_add, group_member_remove
from apps.common.admin import ServiceAdmin
from apps.common.errors import ApplicationError

SHOWN = 50


class UserRightsAdmin(ServiceAdmin):
    """The part of a person's page that is about rights; :meth:`done` of the page leads back to it."""

    def done(self, request: Any, user_id: UUID, call: Callable[[User], None], text: Any) -> HttpResponseBase:
        raise TypeError(f"{type(self).__name__} has no done()")

    def rights_urls(self) -> list[URLPattern]:
        def one(route: str, view: Any, name: str) -> Any:
            return path(f"<uuid:user_id>/{route}", self.admin_site.admin_view(view), name=f"accounts_user_{name}")

        return [
            one("rights/give/", self.give, "give"),
            one("rights/why/", self.why, "why"),
            one("rights/<uuid:grant_id>/take-back/", require_POST(self.take_back), "take_back"),
            one("groups/join/", require_POST(self.join), "join"),
            one("groups/<uuid:group_id>/leave/", require_POST(self.leave), "leave"),
        ]

    def rights_beside(self, request: Any, user: User) -> dict[str, Any]:
        """What the page shows of them."""
        rights = user_rights(actor=request.actor, user_id=user.pk)
        inside = set(user.groups.values_list("pk", flat=True))
        groups = list(groups_visible(actor=request.actor))
        return {
            "lines": grant_lines(self.admin_site, request, [*rights.grants, *rights.shared][:SHOWN]),
            "groups": [group for group in groups if group.group_id in inside],
            "other_groups": [group for group in groups if group.group_id not in inside],
        }

    def give(self, request: Any, user_id: UUID) -> HttpResponseBase:
        """The form for one more right, and what it sends."""
        self._require_view(request)
        try:
            user = user_get(actor=request.actor, user_id=user_id)
        except ApplicationError as error:
            return self._away(request, error)

        def service(**chosen: Any) -> None:
            holder_grant_add(actor=request.actor, holder=user, **chosen, now=timezone.now())

        return give_page(self, request, holder=user, back=self._page(user_id), give=service)

    def why(self, request: Any, user_id: UUID) -> HttpResponseBase:
        """Whether the person may do an action, and because of what."""
        self._require_view(request)
        try:
            user = user_get(actor=request.actor, user_id=user_id)
            return why_page(self, request, user=user, back=self._page(user_id))
        except ApplicationError as error:
            return self._away(request, error)

    def take_back(self, request: Any, user_id: UUID, grant_id: UUID) -> HttpResponseBase:
        """Takes one of the person's own grants back."""

        def call(user: User) -> None:
            holder_grant_remove(actor=request.actor, holder=user, grant_id=grant_id, now=timezone.now())

        return self.done(request, user_id, call, _("The right is taken back."))

    def join(self, request: Any, user_id: UUID) -> HttpResponseBase:
        """Puts the person into a group."""

        def call(user: User) -> None:
            group = self._group(request, request.POST.get("group", ""))
            group_member_add(actor=request.actor, group=group, user=user, now=timezone.now())

        return self.done(request, user_id, call, _("In the group now."))

    def leave(self, request: Any, user_id: UUID, group_id: UUID) -> HttpResponseBase:
        """Takes the person out of a group."""

        def call(user: User) -> None:
            group = group_get(actor=request.actor, group_id=group_id)
            group_member_remove(actor=request.actor, group=group, user=user, now=timezone.now())

        return self.done(request, user_id, call, _("Out of the group."))

    def _group(self, request: Any, group_id: str) -> UserGroup:
        try:
            return group_get(actor=request.actor, group_id=UUID(group_id))
        except ValueError as error:
            raise GroupNotFound from error

    def _away(self, request: Any, error: ApplicationError) -> HttpResponseBase:
        """To the list, where who was looked for is not there."""
        self.explain(request, error)
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:accounts_user_changelist"))

    def _page(self, user_id: UUID) -> str:
        return reverse(f"{self.admin_site.name}:accounts_user_change", args=[user_id])
