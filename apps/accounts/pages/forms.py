"""What these pages ask for; the services judge it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.accounts.forms import ZoneField
from apps.accounts.ticks import ActionsWidget
from apps.tenants.calendars import zone_names_offered

NEVER = "never"


class ForgotPasswordForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "username", "autofocus": True}),
    )


class NewPasswordForm(forms.Form):
    """The new password, twice."""

    new_password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=1000,
        help_text=_("8 to 100 characters with upper case, lower case and a digit."),
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same again"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if "again" in values and "new_password" in values and values["again"] != values["new_password"]:
            self.add_error("again", _("The two passwords differ."))
        return values


class SetPasswordForm(NewPasswordForm):
    """The token travels in the body, where no log sees it."""

    token = forms.CharField(max_length=200, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password"].widget.attrs["autofocus"] = True


class ChangePasswordForm(NewPasswordForm):
    """One's own password, by somebody who knows the current one."""

    current_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )
    field_order = ("current_password", "new_password", "again")


def _languages() -> Iterator[tuple[str, Any]]:
    yield "", _("As the browser asks for")
    yield from settings.LANGUAGES


def _zones() -> Iterator[tuple[str, Any]]:
    yield "", _("That of the browser, else of the organization")
    yield from ((name, name.replace("_", " ")) for name in zone_names_offered())


class ProfileForm(forms.Form):
    """What people change about themselves."""

    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"})
    )
    locale = forms.ChoiceField(
        label=_("Language"),
        choices=_languages,
        required=False,
        help_text=_("Of pages and mails."),
        widget=forms.Select(attrs={"class": "input"}),
    )
    timezone = ZoneField(
        label=_("Time zone"),
        choices=_zones,
        required=False,
        help_text=_("In which times are shown and meant."),
        widget=forms.Select(attrs={"class": "input"}),
    )


def _password(label: Any, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )


def _code(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=help_text,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "one-time-code", "autocapitalize": "none"}),
    )


class EndSessionForm(forms.Form):
    """Ending another session takes the password once more, from who has one."""

    password = _password(_("Your password"), required=False)  # the service knows who has none


def _days(text: str) -> int | None:
    return None if text == NEVER else int(text)


class ApiKeyForm(forms.Form):
    """A key for programs: what it is called, how long it lives, and what of one's own rights it holds."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
    )
    days = forms.TypedChoiceField(
        label=_("Expires"),
        choices=[("30", _("in 30 days")), ("90", _("in 90 days")), ("365", _("in a year")), (NEVER, _("never"))],
        coerce=_days,
        initial="90",
        widget=forms.Select(attrs={"class": "input"}),
    )
    permissions = forms.MultipleChoiceField(
        label=_("What it may do"),
        help_text=_("Never more than you may do yourself at the time."),
        error_messages={"required": _("Choose at least one.")},
        widget=ActionsWidget,
    )
    password = _password(_("Your password"), required=False)  # the service knows who has none

    def __init__(self, *args: Any, actions: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        permissions: Any = self.fields["permissions"]
        permissions.choices = [(action, action) for action in actions]


class SecondFactorBeginForm(forms.Form):
    """Setting up a device takes the password once more."""

    password = _password(_("Your password"))


class CodeForm(forms.Form):
    """The first code of a device."""

    code = _code(_("Six digits that your device shows now."))


class ProofForm(forms.Form):
    """Password and code, for changing what they protect."""

    password = _password(_("Your password"))
    code = _code(_("Six digits of your device, or a recovery code."))
