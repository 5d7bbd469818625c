"""The sockets' door, and that of long HTTP streams: ticket, token, API key, or session cookie of an allowed origin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.authentication.pages import page_actor
from apps.accounts.errors import InvalidCredentials, OriginRefused
from apps.accounts.payloads import Client
from apps.accounts.selectors.second_factors import second_factor_demand
from apps.accounts.services.credentials import actor_from_api_key, actor_from_claims, actor_renewed
from apps.accounts.services.oidc_sign_in import actor_from_issuer_token
from apps.accounts.services.socket_tickets import socket_ticket_redeem
from apps.accounts.services.support_actors import actor_from_support_token
from apps.accounts.tenancy import (
    API_KEY,
    NAMED_IN,
    SOCKET_TICKET,
    SUPPORT_TOKEN,
    bearer_of,
    organization_named,
    organization_of_claims,
    organization_of_host,
    schema_of,
)
from apps.accounts.tokens import InvalidToken, read_access_token
from apps.common.actor import Actor
from apps.common.api.throttling import count_actor, count_anonymous
from apps.common.errors import ApplicationError, Unauthorized
from apps.common.network import client_address
from apps.common.trace import begin_trace
from apps.tenants.aio import in_tenant
from apps.tenants.context import tenant_context
from apps.tenants.errors import OrganizationInactive, WrongOrganization
from apps.tenants.models import Organization
from apps.tenants.selectors import organization_by_schema, platform

Scope = Mapping[str, Any]


async def authenticate_socket(scope: Scope) -> Actor:
    """The actor behind a WebSocket, or a streamed request, with its organization chosen as for HTTP.

    Takes, in this order, ``?ticket=``, ``?token=``, ``Authorization: Bearer``, ``X-Api-Key``, the session cookie.
    Each counts towards the same rates as a request. Raises ``Unauthorized`` (close code 4401), ``PermissionDenied``
    (4403), ``NotFound`` (4404), ``TooManyRequests`` (4429): see ``close_code``.
    """
    headers = _headers(scope)
    begin_trace(headers.get("x-request-id"))
    actor: Actor = await database_sync_to_async(_let_in)(scope, headers, timezone.now())
    return actor


async def recheck(actor: Actor) -> Actor | None:
    """The actor as it stands now, or None when session, key, user or organization have ended since.

    Long-lived consumers call it every few seconds, so that what was revoked does not go on watching.
    """
    try:
        renewed: Actor = await in_tenant(actor.schema, _renewed, actor, now=timezone.now())
    except ApplicationError:
        return None
    return renewed


def close_code(error: ApplicationError) -> int:
    """The WebSocket close code of an error: 4000 and its HTTP status."""
    return 4000 + error.status


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}


def _let_in(scope: Scope, headers: dict[str, str], now: datetime) -> Actor:
    try:
        actor = _authenticate(scope, headers, now)
    except Unauthorized:
        count_anonymous(_address(scope, headers))
        raise
    with tenant_context(actor.schema):
        count_actor(actor)
        second_factor_demand(actor)
    return actor


def _renewed(actor: Actor, *, now: datetime) -> Actor:
    renewed = actor_renewed(actor, now=now)
    second_factor_demand(renewed)
    return renewed


def _authenticate(scope: Scope, headers: dict[str, str], now: datetime) -> Actor:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    ticket = query.get("ticket", [""])[-1]
    token = query.get("token", [""])[-1] or bearer_of(headers.get("authorization"))
    key, ip = headers.get("x-api-key", ""), _address(scope, headers)
    home = organization_of_host(headers.get("host", ""))
    if ticket:
        organization = _named(home, schema_of(ticket, SOCKET_TICKET))
        with tenant_context(organization):
            return socket_ticket_redeem(ticket=ticket, now=now, ip=ip)
    if token:
        client = Client(ip=ip, device=headers.get("user-agent", ""))
        named = query.get("organization", [""])[-1] or headers.get(NAMED_IN.lower(), "")
        return _from_token(home, token, named, client=client, now=now)
    if key:
        with tenant_context(_named(home, schema_of(key, API_KEY))):
            return actor_from_api_key(key, now=now, ip=ip)
    return _from_cookie(scope, headers, home or platform(), now=now, ip=ip)


def _active(organization: Organization | None) -> Organization:
    if organization is None:
        raise InvalidCredentials
    if not organization.is_active:
        raise OrganizationInactive
    return organization


def _named(home: Organization | None, schema: str | None) -> Organization:
    """The organization that a ticket or a key names, which must be the host's own where that has one."""
    if schema is None:
        raise InvalidCredentials
    if home is not None and home.schema_name != schema:
        raise WrongOrganization
    return _active(home or organization_by_schema(schema))


def _from_token(home: Organization | None, token: str, named: str, *, client: Client, now: datetime) -> Actor:
    """The actor of a token of ours, or of the issuer of the organization whose host this is or that is named."""
    if (schema := schema_of(token, SUPPORT_TOKEN)) is not None:
        with tenant_context(_named(home, schema)):
            return actor_from_support_token(token, now=now, ip=client.ip)
    try:
        claims = read_access_token(token)
    except InvalidToken:
        with tenant_context(_active(home or organization_named(named))):
            return actor_from_issuer_token(token, client=client, now=now)
    organization = _active(home or organization_of_claims(claims))
    with tenant_context(organization):
        return actor_from_claims(claims, organization=organization, now=now, ip=client.ip)


def _from_cookie(
    scope: Scope, headers: dict[str, str], organization: Organization | None, *, now: datetime, ip: str | None
) -> Actor:
    """The actor of Django's session cookie; browsers send that from any page, so the page's origin must be ours."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        morsel = None
    if morsel is None:
        raise Unauthorized
    if not _origin_allowed(scope, headers):
        raise OriginRefused
    request: Any = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value)
    request.client_ip = ip
    with tenant_context(_active(organization)):
        request.user = get_user(request)
        actor = page_actor(request, now=now)
    if actor is None:
        raise InvalidCredentials
    return actor


def _origin_allowed(scope: Scope, headers: dict[str, str]) -> bool:
    """Same host and port as the request, or named in CORS_ALLOWED_ORIGINS; plain GETs of our own pages name none."""
    origin = headers.get("origin")
    if origin is None:
        return bool(scope["type"] == "http")
    host = headers.get("host", "").lower()
    return origin.lower() in {f"http://{host}", f"https://{host}", *settings.CORS_ALLOWED_ORIGINS}


def _address(scope: Scope, headers: dict[str, str]) -> str | None:
    peer = (scope.get("client") or (None,))[0]
    return client_address(peer, headers.get("x-forwarded-for"), settings.ENV.trusted_proxies)
