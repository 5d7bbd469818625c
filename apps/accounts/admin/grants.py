"""Rights on single objects and by tag, of everybody, in people's words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from apps.accounts.admin.things import WORDS, grant_lines
from apps.accounts.models import GroupGrant, TagGrant, UserGrant
from apps.accounts.services.grants import grant_remove
from apps.common.admin import ServiceAdmin
from apps.common.admin_display import Named


class GrantList(ChangeList):  # type: ignore[misc]  # untyped library
    """A page of grants, each with the name of what it stands on: one query a kind."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)  # type: ignore[has-type]
        for line in grant_lines(self.model_admin.admin_site, request, self.result_list):
            line.grant.line = line  # type: ignore[union-attr]  # carried along for the columns


class GrantAdmin(ServiceAdmin):
    """Given on the pages of people and groups, taken back here too."""

    read_action = write_action = "admin.manage"
    section = "people"
    actions = ("take_back",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return GrantList

    def named(self, row: Any) -> Named:
        return Named(row, capfirst(str(WORDS.get(row.action, row.action))))

    @admin.display(description=_("action"))
    def what(self, grant: Any) -> SafeString:
        words, code = grant.line.words, grant.action
        return format_html('{} <span class="office-aside">{}</span>', words, code)

    @admin.display(description=_("about"))
    def thing(self, grant: Any) -> SafeString:
        return format_html('{} <span class="office-tag">{}</span>', grant.line.kind_title, grant.line.name)

    @admin.display(description=_("given to"))
    def holder(self, grant: Any) -> SafeString | str:
        """A person has a page; a group may be that of a role."""
        user = getattr(grant, "user", None)
        if user is None:
            return str(grant.group.name)
        return format_html('<a href="{}">{}</a>', self._page(user), user)

    def _page(self, user: Any) -> str:
        return reverse(f"{self.admin_site.name}:accounts_user_change", args=[user.pk])

    @admin.action(description=_("Take back"), permissions=["write"])
    def take_back(self, request: HttpRequest, grants: QuerySet[Any]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(request, grants, lambda row: grant_remove(actor=actor, grant=row, now=now))
        self.message_user(request, _("%(count)d changed.") % {"count": done})


class UserGrantAdmin(GrantAdmin):
    icon, rank = "how_to_reg", 30
    nothing = _("Rights on single things are given on the page of a person.")
    elsewhere = (_("Users"), "accounts_user_changelist")
    list_display = ("what", "thing", "holder", "created_at")
    list_select_related = ("permission__content_type", "content_type", "user")
    search_fields = ("user__email", "permission__codename", "object_pk")


class GroupGrantAdmin(GrantAdmin):
    icon, rank = "groups", 32
    nothing = _("Rights on single things are given to all of a group on its page.")
    elsewhere = (_("Groups"), "accounts_usergroup_changelist")
    list_display = ("what", "thing", "holder", "created_at")
    list_select_related = ("permission__content_type", "content_type", "group")
    search_fields = ("group__name", "permission__codename", "object_pk")


class TagGrantAdmin(GrantAdmin):
    icon, rank = "sell", 34
    nothing = _("Rights on all robots with a tag are given on the page of a person or of a group.")
    elsewhere = (_("Users"), "accounts_user_changelist")
    list_display = ("what", "thing", "holder", "created_at")
    list_select_related = ("user", "group")
    search_fields = ("scope_tag", "action", "user__email", "group__name")


GRANT_PAGES: dict[type[Model], type[ServiceAdmin]] = {
    UserGrant: UserGrantAdmin,
    GroupGrant: GroupGrantAdmin,
    TagGrant: TagGrantAdmin,
}
