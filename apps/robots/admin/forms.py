"""Forms that publish a version and set a schedule: what the API takes, as people write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.accounts.forms import ZoneField
from apps.common.errors import ApplicationError
from apps.robots.models import RobotVersion, Schedule
from apps.robots.models.robot import Channel, EntrypointType
from apps.robots.packages.semver import VersionNumber
from apps.robots.payloads import Publication, Upload
from apps.tenants.calendars import zone_choices

FEW, MANY = {"rows": 3}, {"rows": 4}


class LinesField(forms.CharField):
    """Several texts, one a line; empty lines say nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, strip=False, widget=UnfoldAdminTextareaWidget(attrs=FEW), **kwargs)

    def to_python(self, value: Any) -> Any:
        return [line for line in str(super().to_python(value)).replace("\r", "").split("\n") if line.strip()]


class PairsField(LinesField):
    """``NAME=value``, one a line."""

    def to_python(self, value: Any) -> Any:
        pairs = [line.partition("=") for line in super().to_python(value)]
        if any(not equals for _name, equals, _value in pairs):
            raise ValidationError(_("Write one NAME=value a line."))
        return {name.strip(): value for name, _equals, value in pairs}


def _line(label: Any, *, required: bool = False, longest: int = 400, help_text: Any = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, required=required, max_length=longest, help_text=help_text, widget=widget)


if TYPE_CHECKING:
    _ScheduleModelForm = forms.ModelForm[Schedule]
else:  # generic for type checkers only
    _ScheduleModelForm = forms.ModelForm


class ScheduleForm(_ScheduleModelForm):
    """When a robot runs by itself; what makes no sense the service refuses."""

    timezone = ZoneField(label=_("Time zone"), choices=zone_choices, widget=UnfoldAdminSelect2Widget)

    class Meta:
        help_texts: ClassVar = {
            "cron": _("Minute, hour, day, month, day of the week: 0 8 * * 1-5 is at eight on working days."),
            "starts_at": _("Before this it does not fire."),
            "ends_at": _("After this it does not fire."),
            "window_start": _("Earlier in the day it does not fire."),
            "window_end": _("Later in the day it does not fire."),
            "max_concurrency": _("While so many of its runs have not ended, it starts none."),
            "skip_holidays": _("Those of the organization and of its country."),
            "timeout_seconds": _("In seconds; a run that takes longer is ended."),
            "retry_count": _("How often a run that failed is tried again."),
        }


class PublicationForm(forms.Form):
    """Fields as of :class:`Publication`; the rules of their values are the service's."""

    artifact = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget(),
        help_text=_("A script, a program, or a zip with everything it needs."),
    )
    version = _line(_("Number"), required=True, longest=200, help_text=_("As in 1.4.0; it must be new."))
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel, widget=UnfoldAdminSelectWidget)
    changelog = forms.CharField(
        label=_("What is new"), required=False, max_length=100_000, widget=UnfoldAdminTextareaWidget(attrs=MANY)
    )
    activate = forms.BooleanField(
        label=_("Make it the active version"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    entrypoint_path = _line(
        _("Starts with"), help_text=_("The file of a zip that is run; main.py where nothing is said.")
    )
    entrypoint_type = forms.ChoiceField(
        label=_("Kind of program"),
        choices=[("", _("As the file is")), *EntrypointType.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    working_directory = _line(_("Working folder"), help_text=_("A folder of the zip."))
    arguments = LinesField(label=_("Arguments"), help_text=_("One a line; every run gets them."))
    env_vars = PairsField(label=_("Environment"), help_text=_("NAME=value, one a line. No secrets."))
    required_env_keys = LinesField(
        label=_("Must be given"), help_text=_("Names of the environment without which no run starts, one a line.")
    )
    commit_sha = _line(_("Commit"), longest=64)
    branch = _line(_("Branch"), longest=200)
    build_url = _line(_("Address of the build"), longest=500)

    FIRST = ("artifact", "version", "channel", "changelog", "activate")

    def __init__(self, data: Any, files: Any, *, latest: RobotVersion | None) -> None:
        number = VersionNumber(latest.version).following if latest is not None else "1.0.0"
        super().__init__(data, files, initial={"version": number, "channel": Channel.STABLE}, label_suffix="")

    @property
    def first(self) -> list[Any]:
        """What everybody fills in."""
        return [self[name] for name in self.FIRST]

    @property
    def more(self) -> list[Any]:
        """What some need."""
        return [self[name] for name in self.fields if name not in self.FIRST]

    @property
    def more_is_wrong(self) -> bool:
        return any(field.errors for field in self.more)

    def publication(self) -> Publication:
        """What is said about the version."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "artifact"}
        return Publication(**given)

    def upload(self) -> Upload:
        """Its file."""
        file = self.cleaned_data["artifact"]
        return Upload(name=str(file.name), file=cast("Any", file))

    def refuse(self, error: ApplicationError) -> None:
        """Shows what the service refused, at the field it names."""
        told = False
        for name, texts in (error.errors or {}).items():
            field = name.removesuffix("_json")
            self.add_error(field if field in self.fields else None, [str(text) for text in texts])
            told = True
        if not told:
            self.add_error(None, str(error))
