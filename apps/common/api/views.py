"""Base of all viewsets: strict parsing in, one service call, rendering out."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.common.actor import Actor
from apps.common.api.operation import Declaration, Right, declaration_of


class ApiRequest(Request):
    """What an action method gets: the actor, the parsed body and the parsed query."""

    actor: Actor
    payload: dict[str, Any]
    query: dict[str, Any]
    if_match: str | None


class ApiViewSet(ViewSet):
    """A viewset whose action methods are all decorated with ``@operation``."""

    @property
    def declaration(self) -> Declaration | None:
        """What ``@operation`` says of the action at hand; None for a method the route does not offer."""
        action = getattr(self, "action", None)
        return declaration_of(getattr(self, action, None)) if action else None

    def perform_authentication(self, request: Request) -> None:
        """Public operations look at no credentials, so that a stale token cannot keep anybody from signing in."""
        declaration = self.declaration
        if declaration is not None and declaration.right is not Right.PUBLIC:
            super().perform_authentication(request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if self.declaration is None:
            self.http_method_not_allowed(request)
        super().initial(request, *args, **kwargs)

    @staticmethod
    def created(data: Any) -> Response:
        return Response(data, status=201)
