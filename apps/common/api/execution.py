"""Runs one operation: strict reading, then the action method; once for each ``Idempotency-Key`` where declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from apps.common.api.declaration import Declaration, Right
from apps.common.api.idempotency import once
from apps.common.api.reading import payload_of, query_of
from apps.common.errors import PreconditionFailed, Unauthorized

_WRITING = {"PUT", "PATCH", "DELETE"}


def execute(
    view: Any, request: Any, declared: Declaration, method: Callable[..., Any], args: Any, kwargs: dict[str, Any]
) -> Any:
    """Reads what the declaration names, prepares what it prepares, and calls the action method with it."""
    request.query = query_of(request, declared)
    request.payload = _files_of(request, declared) if declared.takes_files else payload_of(request, declared)
    request.if_match = _if_match(request, declared)

    def act() -> Any:
        return method(view, request, *args, **kwargs)

    if declared.prepare is None and not declared.idempotent:
        return act()

    @contextmanager
    def prepared() -> Iterator[None]:
        if declared.prepare is None:
            yield
            return
        with declared.prepare(request, *args, **kwargs) as request.prepared:
            yield

    if declared.idempotent:
        return once(request, declared, prepared, act)
    with prepared():
        return act()


def _files_of(request: Any, declared: Declaration) -> Any:
    """The payload of who may send one; it may be long on its way, so who sent it is looked at once more then.

    Raises ``PermissionDenied`` before a byte is read, and what a request without credentials raises after the last.
    """
    if isinstance(declared.right, str):
        import_string(settings.RIGHT_REQUIRED)(request.actor, declared.right)
    payload = payload_of(request, declared)
    if declared.right is not Right.PUBLIC:
        _look_again(request)
    return payload


def _look_again(request: Any) -> None:
    """Has the actor be who sent the request as they are by now. Raises ``Unauthorized`` where that is nobody."""
    if all(authenticator.authenticate(request) is None for authenticator in request.authenticators):
        raise Unauthorized


def _if_match(request: Any, declared: Declaration) -> str | None:
    """The header for the service to check. Where no service would, a precondition must not pass unseen."""
    given: str | None = request.META.get("HTTP_IF_MATCH")
    if given is not None and request.method in _WRITING and not declared.conditional and given.strip() != "*":
        raise PreconditionFailed
    return given
