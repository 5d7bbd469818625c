"""Forms of the back-office: signing in, and one user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm
from unfold.widgets import UnfoldAdminPasswordWidget

from apps.accounts.backends import PATH
from apps.accounts.models import User
from apps.accounts.oidc.flow import LOGIN
from apps.accounts.passwords import password_validate
from apps.accounts.payloads import Client
from apps.accounts.selectors import oidc_settings
from apps.accounts.services.local_sign_in import local_sign_in_on
from apps.accounts.services.sign_in import page_sign_in
from apps.common.errors import ApplicationError, InvalidInput, TooManyRequests


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # untyped library
    """E-mail and password, under the same limits, lock and ledger as the API; pages show what else there is beside."""

    @property
    def takes_passwords(self) -> bool:
        """Whether e-mail and password let anybody in here."""
        return local_sign_in_on()

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
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password:
            self.user_cache = self._signed_in(email, password)
        return dict(self.cleaned_data)

    def _signed_in(self, email: str, password: str) -> Any:
        request: Any = self.request
        client = Client(ip=request.client_ip, device=request.headers.get("User-Agent", ""))
        try:
            user: Any = page_sign_in(
                email=email, password=password, organization=request.organization, client=client, now=timezone.now()
            )
        except TooManyRequests as error:
            raise ValidationError(_("Too many attempts; wait a minute.")) from error
        except ApplicationError as error:
            raise ValidationError(str(error.detail)) from error
        user.backend = PATH
        return user


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
        label=_("new password"),
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

    def clean_new_password(self) -> str:
        password = str(self.cleaned_data["new_password"])
        try:
            if password:
                password_validate(password, field="new_password")
        except InvalidInput as error:
            raise ValidationError([str(text) for text in (error.errors or {})["new_password"]]) from error
        return password

    def _post_clean(self) -> None:
        """The service writes; the instance stays as it was read, and the database judges uniqueness."""
