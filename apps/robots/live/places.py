"""Where in a log a viewer wants to go on."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs

from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidInput

END_MARK = ".end"
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Place:
    """``after`` is the number of the last line the viewer has; ``is_end``, that it was told the end as well."""

    after: int
    is_end: bool = False


def place_of(*, after: str | None, last_event_id: str | None = None) -> Place:
    """``Last-Event-ID`` goes before ``after``. Raises ``InvalidInput`` for what is no number of a line."""
    seen = last_event_id or after
    if seen is None:
        return Place(0)
    text = seen.removesuffix(END_MARK) if last_event_id else seen
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        refusal = _("The place in the log must be the number of a line.")
        raise InvalidInput(refusal, errors={"Last-Event-ID" if last_event_id else "after": [refusal]})
    return Place(int(text), is_end=text != seen)


def after_of(query_string: bytes) -> str | None:
    """The ``after`` of a query string."""
    return parse_qs(query_string.decode("latin-1")).get("after", [None])[-1]
