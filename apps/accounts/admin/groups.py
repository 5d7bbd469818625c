"""Groups of people: who is in one, and what all of its members have beside their role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.accounts.admin.rights import give_page
from apps.accounts.admin.things import grant_lines
from apps.accounts.errors import UserNotFound
from apps.accounts.models import User, UserGroup
from apps.accounts.selectors.groups import group_get, group_grants, groups_visible
from apps.accounts.selectors.users import user_get, users_visible
from apps.accounts.services.grants import holder_grant_add, holder_grant_remove
from apps.accounts.services.groups import (
    MANAGE,
    group_create,
    group_delete,
    group_member_add,
    group_member_remove,
    group_rename,
)
from apps.common.admin_forms import JudgedAdmin
from apps.common.errors import ApplicationError
from apps.tenants.context import require_tenant
from apps.tenants.naming import PLATFORM

SHOWN = 100


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for type checkers only
    """The name, which is the Django group's."""

    name = forms.CharField(label=_("Name"), max_length=150, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = UserGroup
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["name"].initial = self.instance.name

    def _post_clean(self) -> None:
        """The service writes, and judges."""


class UserGroupAdmin(JudgedAdmin):
    """An organization's own groups; the platform has none."""

    section, icon, rank = "people", "group_work", 25
    nothing = _("A group gives several people the same rights on single things.")
    read_action = write_action = MANAGE
    form = GroupForm
    form_fields = ("name",)
    list_display = ("title_of", "members", "created_at")
    list_display_links = ("title_of",)
    search_fields = ("group__name",)
    ordering = ("group__name",)
    actions = ("remove",)
    change_form_template = "accounts/admin/group.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[UserGroup]:
        groups = groups_visible(actor=request.actor)  # type: ignore[attr-defined]
        return groups.annotate(inside=Count("group__user"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.form_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and require_tenant() != PLATFORM

    @admin.display(description=_("name"), ordering="group__name")
    def title_of(self, group: UserGroup) -> str:
        return group.name

    @admin.display(description=_("members"), ordering="inside")
    def members(self, group: Any) -> int:
        return int(group.inside)

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> UserGroup:
        actor, now, name = request.actor, timezone.now(), form.cleaned_data["name"]  # type: ignore[attr-defined]
        if change:
            return group_rename(actor=actor, group=form.instance, name=name, now=now)
        return group_create(actor=actor, name=name, now=now)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        obj.group = form.saved.group

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """To the new group's page, where it gets people and rights."""
        return HttpResponseRedirect(self._page(obj.pk))

    @admin.action(description=_("Remove"), permissions=["write"])
    def remove(self, request: HttpRequest, groups: QuerySet[UserGroup]) -> None:
        actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
        done = self.each(request, groups, lambda row: group_delete(actor=actor, group=row, now=now))
        self.message_user(request, _("%(count)d removed.") % {"count": done})

    # --- one, on its page

    def get_urls(self) -> list[URLPattern]:
        def one(route: str, view: Any, name: str) -> Any:
            return path(f"<uuid:group_id>/{route}", self.admin_site.admin_view(view), name=f"accounts_usergroup_{name}")

        return [
            one("remove/", require_POST(self.remove_one), "remove"),
            one("members/join/", require_POST(self.join), "join"),
            one("members/<uuid:user_id>/leave/", require_POST(self.leave), "leave"),
            one("rights/give/", self.give, "give"),
            one("rights/<uuid:grant_id>/take-back/", require_POST(self.take_back), "take_back"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        group = self.get_object(request, unquote(object_id))
        beside = self._beside(request, group) if group is not None else {}
        page: HttpResponseBase = super().change_view(request, object_id, form_url, beside | (extra_context or {}))
        return page

    def _beside(self, request: Any, group: Any) -> dict[str, Any]:
        return {
            "subtitle": None,
            "group": group,
            "members": group.group.user_set.order_by("name", "pk")[:SHOWN],
            "more_members": max(0, group.inside - SHOWN),
            "lines": grant_lines(self.admin_site, request, group_grants(actor=request.actor, group=group)),
        }

    def remove_one(self, request: Any, group_id: UUID) -> HttpResponseBase:
        """Takes the group away; back to the list of those that are left."""
        return self._done(request, group_id, group_delete, _("The group is gone."), gone=True)

    def join(self, request: Any, group_id: UUID) -> HttpResponseBase:
        """Puts the person with an address into the group."""

        def call(*, actor: Any, group: UserGroup, now: Any) -> None:
            email = request.POST.get("email", "").strip()
            found: User | None = users_visible(actor=actor).of_address(email).first()  # type: ignore[attr-defined]
            if found is None:
                raise UserNotFound
            group_member_add(actor=actor, group=group, user=found, now=now)

        return self._done(request, group_id, call, _("In the group now."))

    def leave(self, request: Any, group_id: UUID, user_id: UUID) -> HttpResponseBase:
        """Takes a person out of it."""

        def call(*, actor: Any, group: UserGroup, now: Any) -> None:
            group_member_remove(actor=actor, group=group, user=user_get(actor=actor, user_id=user_id), now=now)

        return self._done(request, group_id, call, _("Out of the group."))

    def give(self, request: Any, group_id: UUID) -> HttpResponseBase:
        """The form for one more right, and what it sends."""
        self._require_view(request)
        try:
            group = group_get(actor=request.actor, group_id=group_id)
        except ApplicationError as error:
            return self._away(request, error)

        def service(**chosen: Any) -> None:
            holder_grant_add(actor=request.actor, holder=group, **chosen, now=timezone.now())

        return give_page(self, request, holder=group, back=self._page(group_id), give=service)

    def take_back(self, request: Any, group_id: UUID, grant_id: UUID) -> HttpResponseBase:
        """Takes one of its rights back."""

        def call(*, actor: Any, group: UserGroup, now: Any) -> None:
            holder_grant_remove(actor=actor, holder=group, grant_id=grant_id, now=now)

        return self._done(request, group_id, call, _("The right is taken back."))

    def _done(
        self, request: Any, group_id: UUID, call: Callable[..., None], text: Any, *, gone: bool = False
    ) -> HttpResponseBase:
        """Back to the group's page, with what was done or refused."""
        self._require_view(request)
        try:
            group = group_get(actor=request.actor, group_id=group_id)
        except ApplicationError as error:
            return self._away(request, error)
        try:
            call(actor=request.actor, group=group, now=timezone.now())
        except ApplicationError as error:
            self.explain(request, error)
            return HttpResponseRedirect(self._page(group_id))
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(self._list() if gone else self._page(group_id))

    def _away(self, request: Any, error: ApplicationError) -> HttpResponseBase:
        """To the list, where what was looked for is not there."""
        self.explain(request, error)
        return HttpResponseRedirect(self._list())

    def _list(self) -> str:
        return reverse(f"{self.admin_site.name}:accounts_usergroup_changelist")

    def _page(self, group_id: UUID) -> str:
        return reverse(f"{self.admin_site.name}:accounts_usergroup_change", args=[group_id])
