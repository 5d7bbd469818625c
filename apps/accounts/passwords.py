"""Rules of passwords: 8 to 100 characters with upper case, lower case and a digit; one text for each rule missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidInput

MINIMUM, MAXIMUM = 8, 100
_RULES: tuple[tuple[Callable[[str], bool], Any], ...] = (
    (lambda text: len(text) >= MINIMUM, _("The password must have at least 8 characters.")),
    (lambda text: len(text) <= MAXIMUM, _("The password must have at most 100 characters.")),
    (lambda text: any(c.isupper() for c in text), _("The password must have an upper-case letter.")),
    (lambda text: any(c.islower() for c in text), _("The password must have a lower-case letter.")),
    (lambda text: any(c.isdigit() for c in text), _("The password must have a digit.")),
)


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id at OWASP's parameters: 19 MiB, two passes, one lane; about 20 ms, whatever the number of cores.

    Django's own (100 MiB, eight lanes) would let a few sign-ins at once take a small machine's memory.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


class CompositionValidator:
    """Django password validator of the rules above."""

    def validate(self, password: str, user: Any = None) -> None:
        missed = [text for holds, text in _RULES if not holds(password)]
        if missed:
            raise ValidationError([ValidationError(text) for text in missed])

    def get_help_text(self) -> str:
        return str(_("8 to 100 characters with upper case, lower case and a digit."))


def password_validate(password: str, *, field: str = "password") -> None:
    """Raises ``InvalidInput`` with one text under ``field`` for each rule that the password misses."""
    try:
        validate_password(password)
    except ValidationError as error:
        raise InvalidInput(errors={field: error.messages}) from error
