"""The form of a service's page: questions, arguments and variables are written in editors of their own, not as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminExpandableTextareaWidget, UnfoldAdminSelectWidget

from apps.common.admin_forms import DocumentField
from apps.portal.forms.conditions import MEMBERSHIP, PRESENCE, SUITABLE
from apps.portal.forms.schema import FieldType
from apps.portal.models import Service
from apps.portal.options import providers

TYPES = (
    (FieldType.TEXT, _("Text")),
    (FieldType.TEXTAREA, _("Text of several lines")),
    (FieldType.INTEGER, _("Whole number")),
    (FieldType.NUMBER, _("Number")),
    (FieldType.DATE, _("Date")),
    (FieldType.DATETIME, _("Date and time")),
    (FieldType.SELECT, _("One of a list")),
    (FieldType.MULTISELECT, _("Several of a list")),
    (FieldType.CHECKBOX, _("Yes or no")),
    (FieldType.FILE, _("File")),
    (FieldType.SECRET, _("Secret, by name")),
)
OPERATORS = (
    ("eq", _("is")),
    ("ne", _("is not")),
    ("in", _("is one of")),
    ("not_in", _("is none of")),
    ("gt", _("is more than")),
    ("gte", _("is at least")),
    ("lt", _("is less than")),
    ("lte", _("is at most")),
    ("contains", _("contains")),
    ("filled", _("is answered")),
    ("empty", _("is not answered")),
)


class BuilderWidget(UnfoldAdminExpandableTextareaWidget):  # type: ignore[misc]  # untyped library
    """A document as JSON, with an editor that takes its place where scripts run."""

    service_id = ""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {
            **super().get_context(name, value, attrs),
            "preview_url": reverse("organization:portal_service_preview"),
            "service_id": self.service_id,
            "styles": [static(f"common/{name}.css") for name in ("base", "components")] + [static("portal/portal.css")],
            "types": TYPES,
            "operators": OPERATORS,
            "sources": providers.sources(),
            "rules": {
                "suitable": {operator.value: sorted(types) for operator, types in SUITABLE.items()},
                "membership": sorted(MEMBERSHIP),
                "presence": sorted(PRESENCE),
                "sources": providers.sources(),
            },
        }

    class Media:
        css: ClassVar = {"all": ["portal/office/builder.css"]}
        js: ClassVar = [forms.Script("portal/office/builder.js", type="module")]


class QuestionsWidget(BuilderWidget):
    template_name = "portal/office/questions.html"


class CommandWidget(BuilderWidget):
    template_name = "portal/office/command.html"


class VersionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for type checkers only
    """Versions under the names of their robots: a number alone says little."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.robot.name} · {obj.version}"


if TYPE_CHECKING:
    _ServiceModelForm = forms.ModelForm[Service]
else:
    _ServiceModelForm = forms.ModelForm  # generic for type checkers only


class ServiceForm(_ServiceModelForm):
    """The service judges both documents together; see :class:`apps.common.admin_forms.JudgedAdmin`."""

    form_schema_json = DocumentField(label=_("questions"), required=False, initial=dict, widget=QuestionsWidget)
    run_template_json = DocumentField(label=_("command"), required=False, initial=dict, widget=CommandWidget)

    class Meta:
        model = Service
        field_classes: ClassVar = {"default_version": VersionField}
        widgets: ClassVar = {
            "default_version": UnfoldAdminSelectWidget,
            "description": UnfoldAdminExpandableTextareaWidget,
            "confirmation_text": UnfoldAdminExpandableTextareaWidget,
        }
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("form_schema_json", "run_template_json"):
            if name in self.fields and not self.instance._state.adding:
                self.fields[name].widget.service_id = str(self.instance.pk)

    def _post_clean(self) -> None:
        """The service writes; the instance stays as it was read, and the database judges uniqueness."""
