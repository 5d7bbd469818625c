"""Credentials → actor, for HTTP and for sockets: access token, API key, or the session cookie of the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication

from apps.accounts.services.credentials import actor_from_api_key, actor_from_bearer, actor_from_session
from apps.accounts.tenancy import bearer_of
from apps.common.actor import Actor


class ActorAuthentication(BaseAuthentication):
    """Sets ``request.actor``. Wrong credentials are 401, even where none would have done."""

    def authenticate(self, request: Any) -> tuple[Any, Actor] | None:
        http: HttpRequest = request._request
        actor = self.actor_of(http)
        if actor is None:
            return None
        http.actor = actor  # type: ignore[attr-defined]
        request.actor = actor
        return actor.user, actor

    def actor_of(self, http: HttpRequest) -> Actor | None:
        """The actor behind a request, or None where it carries no credentials at all."""
        now = timezone.now()
        bearer = bearer_of(http.headers.get("Authorization"))
        if bearer is not None:
            return actor_from_bearer(bearer, organization=http.organization, now=now, ip=http.client_ip)  # type: ignore[attr-defined]
        key = http.headers.get("X-Api-Key")
        if key:
            return actor_from_api_key(key, organization=http.organization, now=now, ip=http.client_ip)  # type: ignore[attr-defined]
        if getattr(http, "user", None) is not None and http.user.is_authenticated:
            SessionAuthentication().enforce_csrf(http)  # type: ignore[arg-type]
            return actor_from_session(http.user, organization=http.organization, ip=http.client_ip)  # type: ignore[attr-defined]
        return None

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="api"'
