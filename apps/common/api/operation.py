"""``@operation``: what a route takes, answers, may refuse, and which right it is about, said once beside the code.

The OpenAPI document, strict reading and the structure tests all use the same declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser

from apps.common import errors as kernel
from apps.common.api.declaration import (
    Declaration,
    Deprecation,
    Preparation,
    Right,
    SerializerClass,
    declaration_of,
)
from apps.common.api.execution import execute
from apps.common.api.parsers import JSONParser, MultiPartParser
from apps.common.errors import ApplicationError

__all__ = ["Declaration", "Deprecation", "Right", "declaration_of", "operation"]


def _implied(declared: Declaration) -> list[type[ApplicationError]]:
    """Errors that follow from the rest of a declaration."""
    implied: list[type[ApplicationError]] = [
        kernel.InvalidInput,
        kernel.NotAcceptable,
        kernel.TooManyRequests,
        kernel.Unavailable,
    ]
    if declared.right is not Right.PUBLIC:
        implied.append(kernel.Unauthorized)
    if isinstance(declared.right, str):
        implied.append(kernel.PermissionDenied)
    if declared.request is not None:
        malformed = {JSONParser: kernel.MalformedJSON, MultiPartParser: kernel.MalformedMultipart}
        implied += [error for parser, error in malformed.items() if parser in declared.parsers]
        implied += [kernel.UnsupportedMediaType, kernel.TooLarge]
    if declared.idempotent:
        implied += [kernel.IdempotencyKeyReused, kernel.IdempotencyInProgress, kernel.InvalidIdempotencyKey]
    if declared.conditional:
        implied.append(kernel.PreconditionFailed)
    return implied


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
    prepare: Preparation | None = None,
    conditional: bool = False,
    tagged: bool = False,
    parsers: Sequence[type[BaseParser]] = (JSONParser,),
    produces: Sequence[str] = (),
    deprecated: Deprecation | None = None,
    **schema: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares an action method of an :class:`~apps.common.api.views.ApiViewSet`.

    ``request`` and ``query`` are input serializers; their validated data is ``request.payload`` and ``request.query``,
    and what they do not name is refused. ``idempotent`` (POST) honours ``Idempotency-Key``: action and stored answer
    then share one transaction. ``prepare`` does what is slow ahead of it, such as storing a file; the action finds it
    in ``request.prepared``. ``conditional`` (PUT, PATCH, DELETE): the view hands ``request.if_match`` to a service that
    calls :func:`apps.common.etags.check_match`. ``tagged`` (GET): the answer has an ``ETag``, and is 304 where
    ``If-None-Match`` names it. ``parsers`` is ``[MultiPartParser]`` for uploads, which raises the cap of the body.
    ``produces`` names media types beside JSON, ``deprecated`` says that the route goes, ``schema`` is the library's.
    """
    draft = Declaration(
        summary=summary,
        right=right,
        request=request,
        query=query,
        response=response,
        status=status,
        idempotent=idempotent,
        prepare=prepare,
        conditional=conditional,
        tagged=tagged,
        parsers=tuple(parsers),
        produces=tuple(produces),
        deprecated=deprecated,
    )
    declared = replace(draft, errors=tuple(dict.fromkeys([*errors, *_implied(draft)])))

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def parsed(self: Any, http: Any, *args: Any, **kwargs: Any) -> Any:
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
