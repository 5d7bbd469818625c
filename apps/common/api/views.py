"""Base of all viewsets: strict reading in, one service call, rendering out."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import structlog
from django.db import connection
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.common.actor import Actor
from apps.common.api.declaration import Declaration, Right, declaration_of
from apps.common.api.strictness import NUL
from apps.common.api.throttling import count_anonymous
from apps.common.errors import NotFound, Unauthorized
from apps.common.trace import current_trace_id


class ApiRequest(Request):
    """What an action method gets: the actor, the read body and query, and what was prepared."""

    actor: Actor
    payload: dict[str, Any]
    query: dict[str, Any]
    prepared: Any
    if_match: str | None


class ApiViewSet(ViewSet):
    """A viewset whose action methods are all decorated with ``@operation``."""

    @cached_property
    def declaration(self) -> Declaration | None:
        """What ``@operation`` says of the action at hand; None for a method the route does not offer."""
        action = getattr(self, "action", None)
        return declaration_of(getattr(self, action, None)) if action else None

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        http = super().initialize_request(request, *args, **kwargs)
        if (declaration := self.declaration) is not None:
            http.parsers = [parser() for parser in declaration.parsers]
        return http

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method == "OPTIONS":
            return
        if self.declaration is None:
            self.http_method_not_allowed(request)
        if any(isinstance(value, str) and NUL in value for value in kwargs.values()):
            raise NotFound
        try:
            super().initial(request, *args, **kwargs)
        except Unauthorized:  # before the rates are looked at; counted, so that guessing is slow
            count_anonymous(getattr(request._request, "client_ip", None))
            raise

    def perform_authentication(self, request: Request) -> None:
        """Sets ``request.actor``. Public operations look at no credentials: a stale token keeps nobody out."""
        if self.declaration is not None and self.declaration.right is not Right.PUBLIC:
            super().perform_authentication(request)
        http: Any = request._request
        if getattr(http, "actor", None) is None:
            http.actor = self.nobody(http)
        structlog.contextvars.bind_contextvars(actor=f"{http.actor.type}:{http.actor.id}".rstrip(":"))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if self.declaration is not None and self.declaration.deprecated is not None:
            for name, value in self.declaration.deprecated.headers().items():
                final[name] = value
        return final

    @staticmethod
    def nobody(http: Any) -> Actor:
        """The actor of a request without credentials."""
        schema = getattr(connection, "schema_name", "")
        return Actor.anonymous(schema=schema, ip=getattr(http, "client_ip", None), trace_id=current_trace_id())

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The methods of a route are in ``Allow``; what they take is in the OpenAPI document."""
        return Response(status=204)

    @staticmethod
    def created(data: Any) -> Response:
        return Response(data, status=201)
