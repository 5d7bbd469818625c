"""Names and other texts of one line: they stand in pages, in lists of others and in the subjects of mails.

There a line break ends what it stands in, and signs that turn the direction of what follows have one name pass for
another. Marks of direction that writers of Arabic and Hebrew need (U+200E, U+200F, U+061C) are none of those.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidInput

NOT_A_LINE = _("This must be one line, without control characters.")
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_line(text: str) -> bool:
    """Whether a text is one line that reads in the order in which it is written."""
    return not any(character in _TURNS or unicodedata.category(character) in _CONTROLS for character in text)


def check_lines(texts: Mapping[str, str | None]) -> None:
    """Asks of each text, by the name of its field, that it is one line; raises ``InvalidInput`` naming the fields."""
    wrong = {name: [NOT_A_LINE] for name, text in texts.items() if text and not is_line(text)}
    if wrong:
        raise InvalidInput(errors=wrong)
