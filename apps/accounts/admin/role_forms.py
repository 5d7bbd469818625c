"""The form of a role of the organization's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import pgettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.accounts.models import Role
from apps.accounts.ticks import TABLE, ActionsWidget

if TYPE_CHECKING:
    _RoleModelForm = forms.ModelForm[Role]
else:
    _RoleModelForm = forms.ModelForm  # generic for type checkers only


class RoleForm(_RoleModelForm):
    """A role of the organization's own. What its author does not hold is not on offer."""

    actions = forms.MultipleChoiceField(label=pgettext_lazy("of a role", "may"), required=False, widget=ActionsWidget)

    class Meta:
        model = Role
        fields = ("name", "slug")
        widgets: ClassVar = {"name": UnfoldAdminTextInputWidget, "slug": UnfoldAdminTextInputWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["actions"].initial = self.instance.actions

    def offer(self, actions: Iterable[str]) -> None:
        """Lets these be ticked, and those the role has already."""
        offered = {*actions, *self.instance.actions}
        choices = [(action, text) for _title, words in TABLE for action, text in words.items() if action in offered]
        self.fields["actions"].choices = choices  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        """The service writes; the instance stays as it was read, and the database judges uniqueness."""
