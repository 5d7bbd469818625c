"""What can go wrong with sign-in, users and keys."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.common.errors import Unauthorized


class InvalidCredentials(Unauthorized):
    code = "invalid_credentials"
    message = _("These credentials are not valid, or no longer.")
