"""The API's door: a bearer token, an API key, or the session cookie together with a CSRF token.

A bearer token is ours, of the organization's issuer, or of support that was let in. Whoever must have a second factor,
and has none, gets no further than setting one up.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.permissions import SAFE_METHODS

from apps.accounts.authentication.pages import page_actor
from apps.accounts.errors import CsrfRefused, InvalidCredentials
from apps.accounts.payloads import Client
from apps.accounts.selectors.second_factors import second_factor_demand
from apps.accounts.services.credentials import actor_from_api_key, actor_from_claims
from apps.accounts.services.oidc_sign_in import actor_from_issuer_token
from apps.accounts.services.support_actors import actor_from_support_token
from apps.accounts.tenancy import SUPPORT_TOKEN, bearer_of, claims_of, schema_of
from apps.accounts.tokens import InvalidToken
from apps.common.actor import Actor
from apps.common.errors import ReadOnlyPreview

BEFORE_SECOND_FACTOR = frozenset(
    f"/api/v1/auth/{route}" for route in ("me", "logout", "second-factor", "second-factor/confirm")
)
"""Open to administrators who lack a second factor that their organization wants; with them they get one."""


class ActorAuthentication(BaseAuthentication):
    """Sets ``request.actor``. Wrong credentials are 401, even where none would have done."""

    def authenticate(self, request: Any) -> tuple[Any, Actor] | None:
        http: Any = request._request
        actor = self.actor_of(http)
        if actor is None:
            return None
        if http.path_info.rstrip("/") not in BEFORE_SECOND_FACTOR:
            second_factor_demand(actor)
        http.actor = actor
        request.actor = actor
        return actor.user, actor

    def actor_of(self, http: Any) -> Actor | None:
        """The actor behind a request, or None where it carries no credentials at all."""
        now, ip = timezone.now(), http.client_ip
        if (authorization := http.META.get("HTTP_AUTHORIZATION")) is not None:
            bearer = bearer_of(authorization)
            if bearer is None:
                raise InvalidCredentials
            try:
                claims = claims_of(http, bearer)
            except InvalidToken:
                if schema_of(bearer, SUPPORT_TOKEN) is not None:
                    return actor_from_support_token(bearer, now=now, ip=ip)
                client = Client(ip=ip, device=http.headers.get("User-Agent", ""))
                return actor_from_issuer_token(bearer, client=client, now=now)
            return actor_from_claims(claims, organization=http.organization, now=now, ip=ip)
        if (key := http.META.get("HTTP_X_API_KEY")) is not None:
            return actor_from_api_key(key, now=now, ip=ip)
        actor = page_actor(http, now=now)
        if actor is not None:
            require_csrf(http)
            if actor.previewing and http.method not in SAFE_METHODS:
                raise ReadOnlyPreview
        return actor

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="api"'


def comes_by_cookie(http: HttpRequest) -> bool:
    """Whether a call that somebody was let in with carries nothing but a browser's session cookie."""
    return not {"HTTP_AUTHORIZATION", "HTTP_X_API_KEY"} & http.META.keys()


def require_csrf(http: HttpRequest) -> None:
    """Refuses a call that changes something with the cookie alone: any page of the web could have sent it.

    The header counts alone: of a POST Django would read the whole body first, in search of a form's field.
    """
    check: Any = CSRFCheck(lambda _request: HttpResponse())
    check.process_request(http)
    looked_at = copy(http)
    if http.method == "POST":
        looked_at.method = "PUT"
    if check.process_view(looked_at, None, (), {}) is not None:
        raise CsrfRefused
