"""The sign-in form of the back-office."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from apps.accounts.backends import PATH
from apps.accounts.payloads import Client
from apps.accounts.services.sign_in import page_sign_in
from apps.common.errors import ApplicationError, TooManyRequests


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # untyped library
    """E-mail and password, under the same limits, lock and ledger as the API."""

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
