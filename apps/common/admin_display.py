"""How the back-office draws what is no plain text: states as badges, structured values as facts, lists and tables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

Kind = Literal["good", "bad", "care", "busy", "still"]
EMPTY: Final = "—"
_DEEPEST = 4
_MOST = 200
_WIDEST = 40  # columns: rows that share no names would make a cell for each name of each other row
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Named:
    """A row under a name for people, where pages say which one it is and its own says little."""

    row: Any
    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def pk(self) -> Any:
        return self.row.pk

    @property
    def _meta(self) -> Any:
        return self.row._meta


def badge(text: Any, kind: Kind = "still") -> SafeString:
    """A state as a coloured word; the colour says nothing that the word does not."""
    return format_html('<span class="office-state" data-kind="{}">{}</span>', kind, text)


def moment_display(when: datetime | None, kind: Literal["minute", "ago", "day"] = "minute") -> SafeString | str:
    """A time in the reader's zone; ``moments.js`` writes it as the reader's language does."""
    if when is None:
        return EMPTY
    return format_html('<time datetime="{}" data-moment="{}">{}</time>', when.isoformat(), kind, moment_text(when))


def moment_text(when: datetime) -> str:
    """The same for names and messages, which are text."""
    return date_format(timezone.localtime(when), "SHORT_DATETIME_FORMAT")


def switch_badge(on: bool, yes: Any, no: Any) -> SafeString:
    """A badge for what is either on or off."""
    return badge(yes, "good") if on else badge(no)


def tags_display(values: Sequence[Any]) -> SafeString | str:
    """Short words beside each other."""
    tags = format_html_join(" ", '<span class="office-tag">{}</span>', ((value,) for value in values))
    return tags or EMPTY


def structure_display(value: Any, depth: int = 0) -> SafeString | str:
    """Any value that JSON can hold, as people read it: names and values, rows with columns, words beside each other.

    What lies deeper than anybody reads is written as JSON, and of long lists the beginning is shown.
    """
    if isinstance(value, Mapping) and value:
        return _facts(value, depth) if depth < _DEEPEST else _as_json(value)
    if isinstance(value, list | tuple) and value:
        return _listed(list(value), depth) if depth < _DEEPEST else _as_json(value)
    return _plain(value)


def _plain(value: Any) -> SafeString | str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        with suppress(ValueError, OverflowError):  # of days that no calendar has
            return moment_display(datetime.fromisoformat(value))
    return EMPTY if value is None or value in ("", [], {}) else str(value)


def _facts(value: Mapping[Any, Any], depth: int) -> SafeString:
    pairs = ((key, structure_display(each, depth + 1)) for key, each in value.items())
    return format_html('<dl class="office-facts">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs))


def _listed(values: list[Any], depth: int) -> SafeString | str:
    shown = values[:_MOST]
    if all(isinstance(each, Mapping) and each for each in shown) and len(names := _names(shown)) <= _WIDEST:
        drawn: SafeString | str = _table([[row.get(name) for name in names] for row in shown], names, depth)
    elif all(isinstance(each, list | tuple) and 0 < len(each) == len(shown[0]) <= _WIDEST for each in shown):
        drawn = _table(shown, [], depth)
    elif any(isinstance(each, Mapping | list | tuple) for each in shown):
        items = ((structure_display(each, depth + 1),) for each in shown)
        drawn = format_html('<ul class="office-list">{}</ul>', format_html_join("", "<li>{}</li>", items))
    else:
        drawn = tags_display([_plain(each) for each in shown])
    more = len(values) - len(shown)
    return format_html("{}<p>{}</p>", drawn, _("and %(count)d more") % {"count": more}) if more else drawn


def _names(rows: list[Mapping[Any, Any]]) -> list[Any]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _table(rows: Sequence[Sequence[Any]], names: Sequence[Any], depth: int) -> SafeString:
    head = format_html_join("", '<th scope="col">{}</th>', ((name,) for name in names))
    body = format_html_join(
        "",
        "<tr>{}</tr>",
        (
            (format_html_join("", "<td>{}</td>", ((structure_display(each, depth + 1),) for each in row)),)
            for row in rows
        ),
    )
    table = '<div class="office-scroll" tabindex="0"><table class="office-table">{}{}</table></div>'
    thead = format_html("<thead><tr>{}</tr></thead>", head) if head else ""
    return format_html(table, thead, format_html("<tbody>{}</tbody>", body))


def _as_json(value: Any) -> SafeString:
    text = json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    return format_html('<pre class="office-code">{}</pre>', text)
