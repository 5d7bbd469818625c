"""Serializers only read and write shapes. Input is strict: a field nobody knows is an error, not a typo that passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.common.api.representation import Shown, represent, shown
from apps.common.api.strictness import mismatch

FROM_JSON = "from_json"
_NAMED_AT_MOST = 20


class InputSerializer(serializers.Serializer[Any]):
    """Parses a body or a query; refuses unknown names, wrong JSON types and anything that is not an object.

    Queries and forms know only text, so there ``"5"`` is an integer; in a JSON body it is not.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (errors := self._objections(data)):
            raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    def _objections(self, data: Mapping[str, Any]) -> dict[str, Any]:
        fields = self.fields
        unknown = islice((name for name in data if name not in fields), _NAMED_AT_MOST)
        errors: dict[str, Any] = {str(name)[:100]: [_("Unknown field.")] for name in unknown}
        if self.context.get(FROM_JSON):
            wrong = ((name, mismatch(field, data[name])) for name, field in fields.items() if name in data)
            errors |= {name: [text] for name, text in wrong if text is not None}
        return errors


class Written(NamedTuple):
    """A list that the database writes: what it is asked for instead of rows, how, and each JSON text that it gave.

    ``after`` gives so many of the rows behind a place of their order; None where it has no quicker way to them.
    """

    asked: Callable[[QuerySet[Any, Any]], QuerySet[Any, Any]]
    read: Callable[[QuerySet[Any, Any]], Sequence[Any]]
    after: Callable[[QuerySet[Any, Any], Any, int], Sequence[Any] | None]
    texts: Callable[[Sequence[Any]], list[str]]


class OutputSerializer(serializers.Serializer[Any]):
    """Renders an answer. Long lists are ``written`` by the database where that is said; it must say the same."""

    written: ClassVar[Written | None] = None

    @cached_property
    def _shown(self) -> list[Shown]:
        return [shown(field) for field in self._readable_fields]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return represent(instance, self._shown)


_idle: dict[type[OutputSerializer], list[OutputSerializer]] = {}


def shown_by(serializer: type[OutputSerializer], instance: Any, **context: Any) -> dict[str, Any]:
    """What a serializer makes of one object; it is used again, for a new one copies its fields and those inside.

    For answers of many fields that are asked for often, and only where the serializer keeps nothing of what it showed.
    """
    idle = _idle.setdefault(serializer, [])
    try:
        kept = idle.pop()
    except IndexError:
        kept = serializer()
    kept._context = context  # as its constructor does
    try:
        return kept.to_representation(instance)
    finally:
        kept._context = {}
        idle.append(kept)
