"""Rules of passwords: 8 to 100 characters with upper case, lower case and a digit; one text for each rule missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MINIMUM, MAXIMUM = 8, 100
_RULES: tuple[tuple[Callable[[str], bool], Any], ...] = (
    (lambda text: len(text) >= MINIMUM, _("The password must have at least 8 characters.")),
    (lambda text: len(text) <= MAXIMUM, _("The password must have at most 100 characters.")),
    (lambda text: any(c.isupper() for c in text), _("The password must have an upper-case letter.")),
    (lambda text: any(c.islower() for c in text), _("The password must have a lower-case letter.")),
    (lambda text: any(c.isdigit() for c in text), _("The password must have a digit.")),
)


class CompositionValidator:
    """Django password validator of the rules above."""

    def validate(self, password: str, user: Any = None) -> None:
        missed = [text for holds, text in _RULES if not holds(password)]
        if missed:
            raise ValidationError([ValidationError(text) for text in missed])

    def get_help_text(self) -> str:
        return str(_("8 to 100 characters with upper case, lower case and a digit."))
