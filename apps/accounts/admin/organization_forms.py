"""Forms of an organization's settings: every value with a widget of its own, days of rest line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from unfold.widgets import (
    UnfoldAdminSelect2Widget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminSingleTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
    UnfoldBooleanWidget,
)

from apps.accounts.forms import ZoneField
from apps.tenants.calendars import holiday_countries, zone_choices
from apps.tenants.models import DEFAULT_LABELS, HOLIDAY_LENGTH, LABEL_LENGTH, MOST_HOLIDAYS, OrganizationSettings
from apps.tenants.validators import line_validate

LABEL = "label_"
_CLOCK = "%H:%M"
_EMPTY_LINES = 3


def country_choices() -> list[tuple[str, str]]:
    """Countries whose public holidays are known, by their names in the reader's language."""
    known = holiday_countries()
    return [("", _("no country")), *((code, name) for code, name in countries if code in known)]


class HolidayForm(forms.Form):
    """One day of rest."""

    date = forms.DateField(label=_("day"), widget=UnfoldAdminSingleDateWidget({"placeholder": _("day")}))
    name = forms.CharField(
        label=_("name"),
        max_length=HOLIDAY_LENGTH,
        widget=UnfoldAdminTextInputWidget({"placeholder": _("name")}),
        validators=[line_validate],
    )


if TYPE_CHECKING:
    _LinesOfDays = forms.BaseFormSet[HolidayForm]
    _SettingsModelForm = forms.ModelForm[OrganizationSettings]
else:  # generic for type checkers only
    _LinesOfDays = forms.BaseFormSet
    _SettingsModelForm = forms.ModelForm


class _HolidayLines(_LinesOfDays):
    deletion_widget = UnfoldBooleanWidget

    def clean(self) -> None:
        seen = set()
        for line in self.forms:
            day = line.cleaned_data.get("date") if hasattr(line, "cleaned_data") else None
            if day is None or line in self.deleted_forms:
                continue
            if day in seen:
                line.add_error("date", _("A day stands there more than once."))
            seen.add(day)

    def days(self) -> list[dict[str, Any]]:
        """The lines that are filled and not to be removed."""
        kept = [line.cleaned_data for line in self.forms if line not in self.deleted_forms]
        return [{"date": day["date"], "name": day["name"]} for day in kept if day]


HolidayLines = forms.formset_factory(
    HolidayForm,
    formset=_HolidayLines,
    extra=_EMPTY_LINES,
    can_delete=True,
    can_delete_extra=False,
    max_num=MOST_HOLIDAYS,
    absolute_max=MOST_HOLIDAYS + _EMPTY_LINES,
    validate_max=True,
)


class HolidaysWidget(forms.Widget):
    """A line for each day, and some empty ones for more."""

    template_name = "accounts/holidays.html"

    def use_required_attribute(self, initial: Any) -> bool:
        return False

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return HolidayLines(data, prefix=name)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        lines = value if isinstance(value, _HolidayLines) else HolidayLines(initial=value or [], prefix=name)
        return {**super().get_context(name, None, attrs), "lines": lines}

    @property
    def media(self) -> forms.Media:
        return HolidayForm().media


class HolidaysField(forms.Field):
    """Days of rest as ``[{date, name}]``."""

    widget = HolidaysWidget

    def clean(self, value: Any) -> list[dict[str, Any]]:
        if not value.is_valid():
            raise ValidationError([_("A line is not right."), *value.non_form_errors()])
        return list(value.days())

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data.has_changed())


def _label(key: str) -> forms.CharField:
    return forms.CharField(
        label=_(DEFAULT_LABELS[key]),
        max_length=LABEL_LENGTH,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": _(DEFAULT_LABELS[key])}),
        validators=[line_validate],
    )


class OrganizationSettingsForm(_SettingsModelForm):
    """Labels and days of rest are taken apart here and put together by :meth:`changes`."""

    timezone = ZoneField(label=_("Time zone"), choices=zone_choices, widget=UnfoldAdminSelect2Widget)
    label_resource_singular = _label("resource_singular")
    label_resource_plural = _label("resource_plural")
    label_booking_label = _label("booking_label")
    label_user_label = _label("user_label")
    holiday_country = forms.ChoiceField(
        label=_("Public holidays of"), choices=country_choices, required=False, widget=UnfoldAdminSelect2Widget
    )
    own_holidays = HolidaysField(label=_("Own holidays"), required=False)

    class Meta:
        model = OrganizationSettings
        fields = (
            "business_type",
            "timezone",
            "working_hours_start",
            "working_hours_end",
            "booking_interval",
            "advance_booking_days",
            "cancellation_hours",
            "holiday_country",
            "require_second_factor",
            "support_access",
        )
        widgets: ClassVar = {
            "working_hours_start": UnfoldAdminSingleTimeWidget(format=_CLOCK),
            "working_hours_end": UnfoldAdminSingleTimeWidget(format=_CLOCK),
            "require_second_factor": UnfoldBooleanSwitchWidget,
            "support_access": UnfoldBooleanSwitchWidget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["own_holidays"] = self.instance.holidays
        self.initial.update({f"{LABEL}{key}": text for key, text in self.instance.custom_labels.items()})

    def changes(self) -> dict[str, Any]:
        """What was entered, as the service takes it."""
        given = dict(self.cleaned_data)
        given["holidays"] = given.pop("own_holidays")
        given["custom_labels"] = {key: given.pop(f"{LABEL}{key}") for key in DEFAULT_LABELS}
        return given
