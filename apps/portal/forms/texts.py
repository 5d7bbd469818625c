"""Text that can be stored and sent: PostgreSQL refuses NUL, UTF-8 refuses lone surrogates, both would be a 500."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.portal.forms.limits import MAX_KEY, MAX_UNKNOWN_SHOWN


def is_storable(text: str) -> bool:
    """Say whether the text survives UTF-8 and PostgreSQL."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def is_one_line(text: str) -> bool:
    """Say whether the text has no line break and no other control character."""
    return not any(character < " " or character in "\x7f\x85\u2028\u2029" for character in text)


def printable(text: str) -> str:
    """Return a short form of someone's text that is safe to repeat in an answer."""
    shown = text if is_storable(text) and is_one_line(text) else text.encode("unicode_escape").decode("ascii")
    return shown if len(shown) <= MAX_KEY else shown[:MAX_KEY] + "…"


def listed(names: Iterable[str]) -> str:
    """Join names for a sentence: `a, b`; a flood is cut and counted."""
    shown = [printable(name) for name in names]
    text = ", ".join(shown[:MAX_UNKNOWN_SHOWN])
    hidden = len(shown) - MAX_UNKNOWN_SHOWN
    return text if hidden <= 0 else _("%(names)s and %(count)d more") % {"names": text, "count": hidden}
