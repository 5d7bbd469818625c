"""Forms of the back-office: signing in, and one user."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from apps.accounts.authentication.pages import begun_keep, others_out
from apps.accounts.backends import PATH
from apps.accounts.errors import WrongSecondFactor
from apps.accounts.models import User
from apps.accounts.oidc.flow import LOGIN
from apps.accounts.passwords import Owner, password_validate
from apps.accounts.payloads import Client, PageSignIn
from apps.accounts.selectors.oidc import oidc_settings
from apps.accounts.services.local_sign_in import local_sign_in_on
from apps.accounts.services.sign_in import page_second_step, page_sign_in
from apps.common.errors import ApplicationError, InvalidInput, TooManyRequests
from apps.tenants.calendars import zone_names


class ZoneField(forms.ChoiceField):
    """Any name of a time zone; those of today are offered, and an older one where it is what was chosen before."""

    def valid_value(self, value: str) -> bool:
        return super().valid_value(value) or value in zone_names()

    def prepare_value(self, value: Any) -> Any:
        if value and self.valid_value(value) and not super().valid_value(value):
            offered: Any = self.choices
            self.widget.choices = [*offered, (value, value)]
        return super().prepare_value(value)


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # untyped library
    """E-mail and password, under the same limits, lock and ledger as the API; pages show what else there is beside.

    Who has a second factor is asked for a code in a second step: the form comes back with a ticket in ``step``, and
    the page shows ``code`` in place of the rest.
    """

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )
    step = forms.CharField(max_length=1000, required=False, widget=forms.HiddenInput)
    ticket = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("step", "").strip():
            self.fields["username"].required = self.fields["password"].required = False

    @property
    def takes_passwords(self) -> bool:
        """Whether e-mail and password let anybody in here."""
        return local_sign_in_on()

    @property
    def asks_for_code(self) -> bool:
        """Whether the password was right, and nothing is wrong but that the second step is still to come."""
        return bool(self.has_error(NON_FIELD_ERRORS, code="second_step"))

    @property
    def issuer_address(self) -> str:
        """The way to the organization's issuer and back to where somebody wanted to go; empty where there is none."""
        row = oidc_settings()
        if row is None or not row.takes_browsers:
            return ""
        request: Any = self.request
        office = settings.LOGIN_REDIRECT_URL if request.path_info.startswith(settings.LOGIN_REDIRECT_URL) else ""
        wanted = request.POST.get("next") or request.GET.get("next") or office
        return f"{LOGIN}?{urlencode({'next': wanted})}" if wanted else LOGIN

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        email, password, step = given.get("username"), given.get("password"), given.get("step")
        if step:
            self._take(self._called(page_second_step, ticket=step, code=given.get("code") or ""))
        elif email and password:
            self._take(self._called(page_sign_in, email=email, password=password))
        if self.ticket:
            raise ValidationError(_("Now give a code of your device, or a recovery code."), code="second_step")
        return dict(given)

    def _take(self, signed_in: PageSignIn) -> None:
        """Keeps who signed in, with their session, for the page's ``login``; or the ticket for the next step."""
        self.ticket, self.user_cache = signed_in.ticket, signed_in.user
        begun_keep(self.request, signed_in.session)
        if self.user_cache is not None:
            self.user_cache.backend = PATH
            others_out(self.request, self.user_cache)

    def _called(self, service: Callable[..., PageSignIn], **given: str) -> PageSignIn:
        request: Any = self.request
        client = Client(ip=request.client_ip, device=request.headers.get("User-Agent", ""))
        try:
            return service(**given, organization=request.organization, client=client, now=timezone.now())
        except TooManyRequests as error:
            self.ticket = given.get("ticket", "")
            raise ValidationError(_("Too many attempts; wait a minute.")) from error
        except WrongSecondFactor as error:
            self.ticket = given["ticket"]
            raise ValidationError(str(error.detail)) from error
        except ApplicationError as error:
            raise ValidationError(str(error.detail)) from error


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]  # untyped library
    """Asks for the current password; whether it is right only the service says, for it counts wrong ones."""

    def clean_old_password(self) -> str:
        return str(self.cleaned_data["old_password"])

    def save(self, commit: bool = True) -> Any:  # Django's signature
        raise TypeError("the service saves")


if TYPE_CHECKING:
    _UserModelForm = forms.ModelForm[User]
else:
    _UserModelForm = forms.ModelForm  # generic for type checkers only


class UserForm(_UserModelForm):
    """The fields of a user that people may set, with a new password beside them."""

    new_password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "8 to 100 characters with upper case, lower case and a digit; ends the user's sessions. "
            "Who is added without one gets a mail with a link to choose it."
        ),
    )

    class Meta:
        model = User
        fields = ("email", "name", "role", "username", "phone", "department", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role: Any = self.fields.get("role")
        if role is not None:  # who may not write is shown no fields
            role.label_from_instance = lambda each: each.title

    def clean_new_password(self) -> str:
        password = str(self.cleaned_data["new_password"])
        try:
            if password:
                owner = Owner.changed(self.instance, self.cleaned_data)
                password_validate(password, user=owner, field="new_password")
        except InvalidInput as error:
            raise ValidationError([str(text) for text in (error.errors or {})["new_password"]]) from error
        return password

    def _post_clean(self) -> None:
        """The service writes; the instance stays as it was read, and the database judges uniqueness."""
