"""Runs one operation: strict parsing, idempotency, conditional requests, then the action method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from rest_framework.serializers import ListSerializer

from apps.common.api.operation import Declaration, SerializerClass


def _query_of(parameters: QueryDict, serializer: SerializerClass) -> dict[str, Any]:
    repeated = {name for name, field in serializer().fields.items() if isinstance(field, ListSerializer)}
    return {name: parameters.getlist(name) if name in repeated else parameters[name] for name in parameters}


def _validated(serializer: SerializerClass, data: Any) -> dict[str, Any]:
    bound = serializer(data=data)
    bound.is_valid(raise_exception=True)
    return bound.validated_data  # type: ignore[no-any-return]


def execute(
    view: Any, request: Any, declared: Declaration, method: Callable[..., Any], args: Any, kwargs: dict[str, Any]
) -> Any:
    """Parses what the declaration names and calls the action method with it."""
    if declared.query is not None:
        request.query = _validated(declared.query, _query_of(request.query_params, declared.query))
    if declared.request is not None:
        request.payload = _validated(declared.request, request.data)
    request.if_match = request.headers.get("If-Match")
    return method(view, request, *args, **kwargs)
