"""Runs one operation: strict reading, then the action method; once for each ``Idempotency-Key`` where declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.common.api.declaration import Declaration
from apps.common.api.idempotency import once
from apps.common.api.reading import payload_of, query_of
from apps.common.errors import PreconditionFailed

_WRITING = {"PUT", "PATCH", "DELETE"}


def execute(
    view: Any, request: Any, declared: Declaration, method: Callable[..., Any], args: Any, kwargs: dict[str, Any]
) -> Any:
    """Reads what the declaration names and calls the action method with it."""
    request.query = query_of(request, declared)
    request.payload = payload_of(request, declared)
    request.if_match = _if_match(request, declared)

    def act() -> Any:
        return method(view, request, *args, **kwargs)

    return once(request, act) if declared.idempotent else act()


def _if_match(request: Any, declared: Declaration) -> str | None:
    """The header for the service to check. Where no service would, a precondition must not pass unseen."""
    given: str | None = request.headers.get("If-Match")
    if given is not None and request.method in _WRITING and not declared.conditional and given.strip() != "*":
        raise PreconditionFailed
    return given
