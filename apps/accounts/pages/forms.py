"""What these pages ask for; the services judge it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class ForgotPasswordForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "username", "autofocus": True}),
    )


class SetPasswordForm(forms.Form):
    """The new password, twice; the token travels in the body, where no log sees it."""

    token = forms.CharField(max_length=200, widget=forms.HiddenInput)
    new_password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=1000,
        help_text=_("8 to 100 characters with upper case, lower case and a digit."),
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password", "autofocus": True}),
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
