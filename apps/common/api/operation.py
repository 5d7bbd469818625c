"""``@operation``: what a route takes, answers, may refuse, and which right it is about, said once beside the code.

The OpenAPI document, strict parsing and the structure tests all read the same declaration.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.serializers import BaseSerializer

from apps.common.errors import ApplicationError, InvalidInput, MalformedJSON, PermissionDenied, Unauthorized

SerializerClass = type[BaseSerializer[Any]]


class Right(enum.Enum):
    """Rights that are no action of the table of roles."""

    PUBLIC = "public"
    AUTHENTICATED = "authenticated"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is known of one operation before it runs."""

    summary: str
    right: str | Right
    request: SerializerClass | None
    query: SerializerClass | None
    response: Any
    status: int
    errors: tuple[type[ApplicationError], ...]
    idempotent: bool


def declaration_of(method: Any) -> Declaration | None:
    """The declaration on an action method, if it has one."""
    return getattr(method, "declaration", None)


def operation(
    *,
    summary: str,
    right: str | Right,
    request: SerializerClass | None = None,
    query: SerializerClass | None = None,
    response: Any = None,
    status: int = 200,
    errors: Sequence[type[ApplicationError]] = (),
    idempotent: bool = False,
    **schema: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares an action method of an :class:`~apps.common.api.views.ApiViewSet`.

    ``request`` and ``query`` are input serializers; their validated data is ``request.payload`` and
    ``request.query``. ``idempotent`` honours ``Idempotency-Key``. ``schema`` goes to drf-spectacular unchanged.
    """
    every = [*errors, InvalidInput]
    if right is not Right.PUBLIC:
        every.append(Unauthorized)
    if isinstance(right, str):
        every.append(PermissionDenied)
    if request is not None:
        every.append(MalformedJSON)
    declared = Declaration(
        summary, right, request, query, response, status, tuple(dict.fromkeys(every)), idempotent
    )

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def parsed(self: Any, http: Any, *args: Any, **kwargs: Any) -> Any:
            from apps.common.api.execution import execute  # noqa: PLC0415  # needs Django's apps to be ready

            return execute(self, http, declared, method, args, kwargs)

        parsed.declaration = declared  # type: ignore[attr-defined]
        return extend_schema(
            summary=summary,
            request=request,
            parameters=[query] if query is not None else None,
            responses={status: response},
            **schema,
        )(parsed)

    return decorate
