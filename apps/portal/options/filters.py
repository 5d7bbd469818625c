"""Reading a provider's filter, and ids that came from outside."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from apps.portal.forms.errors import Refused
from apps.portal.forms.options import Filter
from apps.portal.forms.texts import listed


def check_known(filters: Filter, known: Collection[str]) -> None:
    """Refuse a filter this provider does not know, or one that is not text."""
    unknown = [name for name in filters if name not in known]
    if unknown:
        raise Refused("optionsFrom.filter", _("unknown keys: %(names)s.") % {"names": listed(unknown)})
    for name, value in filters.items():
        if not isinstance(value, str) or not value:
            raise Refused(f"optionsFrom.filter.{name}", _("must be text."))


def check_uuid(filters: Filter, name: str) -> None:
    """Refuse a filter that should be an id and is none."""
    if name in filters and not uuids([str(filters[name])]):
        raise Refused(f"optionsFrom.filter.{name}", _("must be an id."))


def uuids(values: Iterable[str]) -> list[UUID]:
    """Return those values that are ids in their usual form; anything else names nothing."""
    found = []
    for value in values:
        try:
            parsed = UUID(value)
        except ValueError:
            continue
        if str(parsed) == value:
            found.append(parsed)
    return found
