"""From a request to plain values: the query and the body, read as strictly as the operation declares them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.common.api.declaration import Declaration, SerializerClass
from apps.common.api.serializers import FROM_JSON, InputSerializer
from apps.common.api.strictness import NUL

_WITHOUT_BODY = {"GET", "HEAD", "OPTIONS"}
_MANY = (serializers.ListField, serializers.MultipleChoiceField)
_idle: dict[tuple[SerializerClass, str | None], list[serializers.Serializer[Any]]] = {}
"""Serializers that wait for the next request, as many of each kind as requests were read by it at once.

Those of each language apart: DRF writes what a limit says once, in the language of whoever first went beyond it.
A default that may be changed (a list, a dictionary) must be a callable, or one request would change it for the next.
"""


class Nothing(InputSerializer):
    """What an operation takes that declares no query or no body."""


def query_of(request: Any, declared: Declaration) -> dict[str, Any]:
    """The validated query; a parameter nobody declared, or one given twice, is 422."""
    serializer = declared.query or Nothing
    if not request.META.get("QUERY_STRING") or not request.query_params:
        return _validated(serializer, {}, from_json=False) if declared.query else {}
    return _validated(serializer, _plain(request.query_params, serializer), from_json=False)


def payload_of(request: Any, declared: Declaration) -> dict[str, Any]:
    """The validated body; where none is declared, only an empty one passes."""
    if request.method in _WITHOUT_BODY:
        return {}
    data = request.data
    if isinstance(data, QueryDict):
        data = _plain(data, declared.request or Nothing)
        return _validated(declared.request or Nothing, data, from_json=False)
    if declared.request is None and data == {}:
        return {}
    return _validated(declared.request or Nothing, data, from_json=True)


def _plain(parameters: QueryDict, serializer: SerializerClass) -> dict[str, Any]:
    """A form or query without its lists: DRF reads an absent checkbox of a real form as false, defaults aside."""
    fields: Mapping[str, Any] = serializer._declared_fields  # of the class: an instance would copy them all
    plain: dict[str, Any] = {}
    for name, values in parameters.lists():
        if NUL in name or any(isinstance(value, str) and NUL in value for value in values):
            raise ValidationError({name.replace(NUL, "")[:100]: [_("Null characters are not allowed.")]})
        if isinstance(fields.get(name), _MANY):
            plain[name] = values
        elif len(values) > 1:
            raise ValidationError({name[:100]: [_("Given more than once.")]})
        else:
            plain[name] = values[-1] if values else ""
    return plain


def _validated(serializer: SerializerClass, data: Any, *, from_json: bool) -> dict[str, Any]:
    """What a serializer makes of the data. One that is at hand is used again: a new one would copy all its fields."""
    idle = _idle.setdefault((serializer, get_language()), [])
    try:
        bound = idle.pop()
    except IndexError:
        bound = serializer(data=None)
    untouched = dict(bound.__dict__)
    bound.initial_data, bound._context = data, {FROM_JSON: from_json}  # as its constructor does
    try:
        bound.is_valid(raise_exception=True)
        values: dict[str, Any] = bound.validated_data
        return values
    finally:
        bound.__dict__ = {"fields": bound.fields, **untouched}  # what the request said stays nowhere
        idle.append(bound)
